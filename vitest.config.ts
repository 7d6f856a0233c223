import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{apps,packages,tests,tools}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**', 'tests/e2e/**'],
    pool: 'threads',
    maxWorkers: 2,
    // one cluster for the run; each worker gets a database of its own, copied from a migrated template
    globalSetup: 'apps/server/src/platform/testing-setup.ts',
    // generous: a test asserts what happens, and a busy machine may take its time
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
