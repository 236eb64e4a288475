// What must outlive a power cut, in the browser's IndexedDB: written through to the disk, each
// value replaced as a whole. One database for each door.

const stores = ['kept', 'media'] as const

export class Vault {
  private constructor(private readonly db: IDBDatabase) {}

  static async open(name: string): Promise<Vault> {
    const request = indexedDB.open(name, 1)
    request.onupgradeneeded = () => stores.forEach((s) => request.result.createObjectStore(s))
    const vault = new Vault(await done(request))
    void navigator.storage?.persist?.() // so that the browser does not clear it for room
    return vault
  }

  async get<T>(key: string, store: (typeof stores)[number] = 'kept'): Promise<T | undefined> {
    return done(this.db.transaction(store).objectStore(store).get(key)) as Promise<T | undefined>
  }

  /** Resolves once the value is on the disk. */
  async put(key: string, value: unknown, store: (typeof stores)[number] = 'kept'): Promise<void> {
    await this.change(store, (s) => s.put(value, key))
  }

  async drop(key: string, store: (typeof stores)[number] = 'kept'): Promise<void> {
    await this.change(store, (s) => s.delete(key))
  }

  keys(store: (typeof stores)[number] = 'media'): Promise<IDBValidKey[]> {
    return done(this.db.transaction(store).objectStore(store).getAllKeys())
  }

  private change(store: (typeof stores)[number], act: (s: IDBObjectStore) => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const tx = this.db.transaction(store, 'readwrite', { durability: 'strict' })
      tx.oncomplete = () => resolve()
      tx.onabort = tx.onerror = () => reject(tx.error ?? new Error('storage'))
      act(tx.objectStore(store))
      tx.commit() // at once, so that it is written though the page be gone before it hears so
    })
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('storage'))
  })
}
