// SM2 (GB/T 32918) and SM3 (GB/T 32905) as the wire uses them. The browser's own cryptography
// knows neither, so a private key is plain bytes in the browser's storage: who can open the
// computer can copy it, as with a loudspeaker's flash. It can forge that screen's receipts
// and nothing else.
import { hkdf, sm2, sm3 as digest } from 'sm-crypto-v2'
import { hex, unhex } from './bytes.ts'

const signer = '1234567812345678'

/** SM3 of bytes, hexadecimal. */
export const sm3 = (b: Uint8Array): string => digest(b)

export interface KeyPair {
  secret: string // 64 hexadecimal digits
  key: string // x ‖ y, 128 hexadecimal digits
}

export function newKeyPair(): KeyPair {
  const made = sm2.generateKeyPairHex()
  return { secret: made.privateKey.padStart(64, '0'), key: made.publicKey.slice(2) }
}

/** The signature r ‖ s of bytes. */
export const sign = (pair: KeyPair, content: Uint8Array): Uint8Array =>
  unhex(sm2.doSignature(content, pair.secret, { hash: true, der: false, userId: signer, publicKey: `04${pair.key}` }).padStart(128, '0'))

/** Whether key (128 hexadecimal digits) made this signature r ‖ s of bytes. */
export function verify(key: string, content: Uint8Array, signature: Uint8Array): boolean {
  try {
    return sm2.doVerifySignature(content, hex(signature), `04${key}`, { hash: true, der: false, userId: signer })
  } catch {
    return false // r or s out of range, or a key off the curve
  }
}

/** Whether 128 hexadecimal digits are a point of the curve. */
export function onCurve(key: string): boolean {
  try {
    return sm2.verifyPublicKey(`04${key}`)
  } catch {
    return false
  }
}

/** The 32 bytes both ends derive for a session: HKDF-SM3 of the Diffie-Hellman secret. */
export function sessionKey(secret: string, peer: string, salt: Uint8Array, info: Uint8Array): Uint8Array {
  const point = sm2.ecdh(secret, `04${peer}`, false) // 04 ‖ x ‖ y
  return hkdf(point.slice(1, 33), salt, info, 32)
}

/** The first 16 bytes of HMAC-SM3. */
export const mac = (key: Uint8Array, content: Uint8Array): Uint8Array => unhex(digest(content, { key, mode: 'hmac' })).slice(0, 16)
