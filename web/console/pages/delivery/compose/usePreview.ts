// Whom the area reaches, what the rules say of it and what it is called: asked of the server
// a moment after the area has come to rest. The steps and the texts use the same answer.
import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, ref, watch } from 'vue'
import { answer, api } from '@/shared/api/client.ts'
import { areaOf, hasArea, type Form } from './draft.ts'

const rest = 400 // milliseconds

export type Preview = ReturnType<typeof usePreview>

export function usePreview(form: Form) {
  const now = computed(() => JSON.stringify([areaOf(form), form.kind, form.class, form.event, form.severity]))
  const asked = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(now, (wanted) => {
    clearTimeout(timer)
    timer = setTimeout(() => (asked.value = wanted), rest)
  }, { immediate: true })

  const query = useQuery({
    queryKey: ['preview', asked], enabled: () => !!asked.value && hasArea(form), placeholderData: keepPreviousData, retry: false,
    queryFn: ({ signal }) => answer(api.POST('/api/alerts/preview', {
      signal, body: {
        kind: form.kind || 'real', class: form.class, area: areaOf(form),
        ...(/^[1-9]\d{4}$/.test(form.event) ? { event: form.event, severity: form.class === 'everyday' ? 'unknown' as const : form.severity } : {}),
      },
    })),
  })
  /** The answer, as long as there is an area; while a new one is awaited, the last. */
  const found = computed(() => (hasArea(form) ? query.data.value : undefined))
  /** Whether the answer is about what the form says now. */
  const settled = computed(() => !hasArea(form) || (asked.value === now.value && !query.isFetching.value))
  return { found, settled, error: computed(() => (query.isError.value ? query.error.value : undefined)) }
}
