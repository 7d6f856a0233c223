import { contract } from '@cockpit/contract'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const server = process.env.COCKPIT_DEV_SERVER ?? 'http://localhost:4000'

export default defineConfig({
  plugins: [react(), routeTable()],
  build: {
    outDir: 'dist',
    target: 'es2023',
    // inlined assets would need `data:` in the content security policy
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/v1': server, '/openapi.json': server, '/docs': server, '/health': server } },
})

/** Method and path of every route as a module, so that the browser loads neither zod nor the schemas. */
function routeTable(): Plugin {
  const id = 'virtual:route-table'
  const table = Object.fromEntries(
    Object.entries(contract).map(([noun, routes]) => [
      noun,
      Object.fromEntries(
        Object.entries(routes).map(([name, route]) => [
          name,
          {
            method: route.method,
            path: route.path,
            ...('stream' in route && route.stream ? { stream: true } : {}),
            ...('file' in route && route.file ? { file: route.file } : {}),
          },
        ]),
      ),
    ]),
  )
  return {
    name: 'cockpit-route-table',
    resolveId: (source) => (source === id ? `\0${id}` : null),
    load: (source) => (source === `\0${id}` ? `export const routeTable = ${JSON.stringify(table)}` : null),
  }
}
