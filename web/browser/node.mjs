// A whole node for the browser test: its own folder, its own ports, a few terminals. What
// it prints at its first start is how the test signs in, as a person would.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const binary = process.env.TONGSHENG ?? join(import.meta.dirname, '../../bin/tongsheng')

const freePort = () => new Promise((resolve, reject) => {
  const s = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = s.address()
    s.close(() => resolve(port))
  })
})

/** Starts a node with some simulated terminals; resolves when it answers. kill ends it as a power
    cut does, start begins it again. */
export async function startNode(count) {
  const data = mkdtempSync(join(tmpdir(), 'tongsheng-browser-'))
  const [http, mqtt] = [await freePort(), await freePort()]
  const base = `http://localhost:${http}`
  const args = ['demo', '--data', data, '--count', String(count)]
  for (const [key, value] of Object.entries({
    'http.listen': `127.0.0.1:${http}`, 'http.public_url': base, 'mqtt.listen': `127.0.0.1:${mqtt}`, 'mqtt.public_url': `tls://localhost:${mqtt}`, 'tv.hold': '3s',
  })) args.push('--set', `${key}=${value}`)
  let [child, said] = [undefined, '']

  const accounts = () => Object.fromEntries(
    [...said.matchAll(/^ {2}(\w+) +([a-z0-9-]{12,}) +([A-Z2-7]{16,})$/gm)].map(([, name, password, secret]) => [name, { password, secret }]))
  const end = async (signal) => {
    child.kill(signal)
    await new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve() : child.once('exit', resolve)))
  }
  const stop = async () => {
    await end('SIGTERM')
    rmSync(data, { recursive: true, force: true })
  }
  /** Starts it, or starts it again on what it holds; resolves when it answers. */
  const start = async () => {
    child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (d) => (said += d))
    child.stderr.on('data', (d) => (said += d))
    for (let tries = 0; tries < 300; tries++) {
      if (child.exitCode !== null) throw new Error(`the node ended:\n${said}`)
      const ready = await fetch(`${base}/readyz`).then((r) => r.ok, () => false)
      if (ready && Object.keys(accounts()).length > 1) return
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    await stop()
    throw new Error(`the node was not ready in a minute:\n${said}`)
  }
  await start()
  return { base, accounts: accounts(), stop, start, kill: () => end('SIGKILL'), said: () => said }
}

/** The present one-time code of a secret. */
export const codeOf = (secret) => execFileSync(binary, ['totp'], { input: `${secret}\n`, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] }).match(/\d{6}/)[0]
