// The version that a person reads before they sign it. What is signed is the digest of what was
// read, so news changes no word of it under their eyes; they are told, and read again.
import { computed, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'

/** The version as it is read, whether it was changed since, and how to read it as it is now. */
export function useReading<Version extends { digest?: string }>(version: Ref<Version | undefined>): { read: ShallowRef<Version | undefined>; changed: ComputedRef<boolean>; again: () => void } {
  const read: ShallowRef<Version | undefined> = shallowRef()
  const again = (): void => void (read.value = version.value)
  const changed = computed(() => version.value?.digest !== read.value?.digest)
  // The same words with another signature are still the same words.
  watch(version, (now) => (!read.value || now?.digest === read.value.digest) && again(), { immediate: true })
  return { read, changed, again }
}
