/** `npm run chaos`: what the tests do to a gateway in seconds, at 500 calls a second and for as long as it takes. */
import { runPackage } from './run.ts'

const { code } = await runPackage('vitest', 'vitest', ['run', 'tests/chaos', '--testTimeout=600000'], {
  show: true,
  environment: { CHAOS: 'full' },
})
process.exitCode = code
