// Passkeys in the browser: turns the server's options into a ceremony and its outcome into JSON.
import { t } from '@/shared/i18n.ts'
import { Problem } from '@/shared/api/problem.ts'

interface Options {
  publicKey: PublicKeyCredentialRequestOptionsJSON & PublicKeyCredentialCreationOptionsJSON
}

/** Whether this browser and this address can use passkeys at all. */
export const passkeysWork = (): boolean => window.isSecureContext && 'PublicKeyCredential' in window

/** Runs the ceremony that the options ask for: registration when they name a new user. */
export async function ceremony(options: unknown): Promise<unknown> {
  const { publicKey } = options as Options
  try {
    const credential = 'user' in publicKey
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) })
    return (credential as PublicKeyCredential).toJSON()
  } catch (thrown) {
    if (thrown instanceof DOMException) throw new Problem(0, 'passkey', t('sign_in.passkey_failed'))
    throw thrown
  }
}
