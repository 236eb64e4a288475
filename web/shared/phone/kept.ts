// What a page keeps on a telephone until the platform has it. Whatever could not be kept, such as
// on a full disk, is told on the page.
import { shallowRef } from 'vue'
import { Vault } from '../terminal/vault.ts'

/** Why the telephone did not keep what it should; undefined while it does. */
export const trouble = shallowRef<unknown>()

const plain = <T>(x: T): T => (x === undefined ? x : JSON.parse(JSON.stringify(x)) as T) // of what is reactive

async function write(act: () => Promise<void>): Promise<void> {
  try {
    await act()
    trouble.value = undefined
  } catch (thrown) {
    trouble.value = thrown
    throw thrown
  }
}

export class Kept {
  private constructor(private readonly vault: Vault) {}

  static open = async (name: string): Promise<Kept> => new Kept(await Vault.open(name))

  /** Resolves once it is on the disk. */
  put = (key: string, value: unknown) => write(() => this.vault.put(key, plain(value)))
  drop = (key: string) => write(() => this.vault.drop(key))
  get = <T>(key: string) => this.vault.get<T>(key)

  async all(): Promise<[string, unknown][]> {
    const keys = (await this.vault.keys('kept')) as string[]
    return Promise.all(keys.map(async (key): Promise<[string, unknown]> => [key, await this.vault.get(key)]))
  }

  putFile = (key: string, file: Blob) => write(() => this.vault.put(key, file, 'media'))
  dropFile = (key: string) => write(() => this.vault.drop(key, 'media'))
  file = (key: string) => this.vault.get<Blob>(key, 'media')
  files = async () => (await this.vault.keys('media')) as string[]

  async clear(): Promise<void> {
    for (const key of (await this.vault.keys('kept')) as string[]) await this.drop(key)
    for (const key of await this.files()) await this.dropFile(key)
  }
}
