/// <reference types="vitest/config" />
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

const root = import.meta.dirname
const server = process.env.TONGSHENG_URL ?? 'http://127.0.0.1:8080'

/** The doors: each folder with an index.html is one entry, served at its own path. */
const doors = readdirSync(root).filter((name) => name !== 'dist' && existsSync(join(root, name, 'index.html')))

/** Compresses once at build time what the server would otherwise compress on each request. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    closeBundle() {
      const dir = join(root, 'dist')
      for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
        const file = join(dir, name)
        if (!/\.(m?js|css|html|svg|json)$/.test(name) || statSync(file).size < 1024) continue
        const raw = readFileSync(file)
        writeFileSync(`${file}.gz`, gzipSync(raw, { level: 9 }))
        writeFileSync(`${file}.br`, brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
      }
    },
  }
}

/** In development every path below a door is that door's page, as on the server. */
function pagesOfDoors(): Plugin {
  return {
    name: 'pages-of-doors',
    configureServer(dev) {
      dev.middlewares.use((req, _res, next) => {
        const door = doors.find((name) => req.url === `/${name}` || req.url?.startsWith(`/${name}/`))
        const path = req.url?.split('?')[0] ?? ''
        if (door && !path.includes('.')) req.url = `/${door}/index.html`
        next()
      })
    },
  }
}

export default defineConfig({
  root,
  plugins: [vue(), pagesOfDoors(), precompress()],
  resolve: { alias: { '@': root } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the content policy allows no data: scripts, and hashed files cache better
    chunkSizeWarningLimit: 1200, // the map library is one large chunk, loaded when a map is shown
    rollupOptions: {
      input: { ...Object.fromEntries(doors.map((name) => [name, join(root, name, 'index.html')])), sw: join(root, 'shared/terminal/sw.ts') },
      // The service worker keeps its name: a browser asks for it by that, for ever.
      output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', proxy: Object.fromEntries(['/api', '/media'].map((path) => [path, { target: server, changeOrigin: true }])) },
  test: { environment: 'node', include: ['{shared,console,portal,screen,tv,field,task}/**/*.test.ts'] },
})
