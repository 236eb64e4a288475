// Pictures as they are kept and sent: no larger than is needed to see what was broken, and without
// what cameras write into them about where and with what they were taken.
const longest = 1600 // px
const quality = 0.8

/** The size of a picture that fits. */
export function fitted(width: number, height: number): [width: number, height: number] {
  const part = Math.min(1, longest / Math.max(width, height))
  return [Math.round(width * part), Math.round(height * part)]
}

/** A picture as a JPEG that fits; drawings and what is no picture stay as they are. */
export async function shrink(file: Blob, name: string): Promise<File> {
  const same = () => new File([file], name, { type: file.type })
  if (!file.type.startsWith('image/') || file.type === 'image/gif') return same()
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => undefined)
  if (!picture) return same()
  const [width, height] = fitted(picture.width, picture.height)
  if (file.type === 'image/png' && width === picture.width) return same()
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  canvas.getContext('2d')!.drawImage(picture, 0, 0, width, height)
  picture.close()
  const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality))
  return made ? new File([made], name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' }) : same()
}
