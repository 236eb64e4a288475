// Package account keeps people, how they prove who they are, and what they were granted.
//
// Signing in is a walk through the states of a session: a password (or an outside
// sign-in service) opens it, a second factor is proved or enrolled, an expired password
// is changed, and only then is somebody signed in. Each step gives the session a new
// token, so that a token seen before a step is worth nothing after it.
//
// Invariants:
//   - Nobody is signed in without a second factor.
//   - Nothing secret is kept in clear: passwords are argon2id, tokens and recovery codes
//     are digests, TOTP secrets are sealed under the keyring.
//   - A one-time code, a recovery code and a passkey challenge work once.
//   - An unknown name, a wrong password and a disabled account are answered alike.
//   - One person holds at most one of the roles marked separate: the system, security
//     and audit administrators (GB/T 22239-2019, 8.1.4 and 8.1.5).
//   - Nobody can guess without bound, nor keep somebody out of a browser that they use.
//   - Nobody changes their own grants.
//
// Events in: none. Events out: none; every change is in the audit record.
package account
