// Forms on the telephone: files stay here until what names them is sent.
import { reactive } from 'vue'
import { staffHost, type FormHost } from '@/shared/case/host.ts'
import { depot, fileOf, keepFile } from './depot.ts'
import { shrink } from './photo.ts'
import { isLocal } from './queue.ts'
import ScanCode from './ScanCode.vue'

const shown = reactive(new Map<string, string>()) // addresses of files that are here
const nothing = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=='

async function show(id: string): Promise<void> {
  shown.set(id, nothing)
  const content = await fileOf(id)
  if (content) shown.set(id, URL.createObjectURL(content))
}

export const phoneHost: FormHost = {
  ...staffHost,
  camera: true,
  scanner: 'BarcodeDetector' in globalThis ? ScanCode : undefined,
  async upload(file, name) {
    const content = await shrink(file, name)
    return { id: await keepFile(content), name: content.name, media: content.type }
  },
  fileUrl(id) {
    if (!shown.has(id) && (isLocal(id) || depot.files.has(id))) queueMicrotask(() => void show(id))
    return shown.get(id) ?? (isLocal(id) ? nothing : staffHost.fileUrl(id))
  },
}
