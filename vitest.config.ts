import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{apps,packages,tests,tools}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**', 'tests/e2e/**'],
    pool: 'threads',
    maxWorkers: 2,
    // one cluster for the run; each worker gets a database of its own, copied from a migrated template
    globalSetup: 'apps/server/src/platform/testing-setup.ts',
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
