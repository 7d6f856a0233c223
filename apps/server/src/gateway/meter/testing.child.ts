/** A gateway as a process of its own, to be killed: serves on a port it prints, over a ledger that books nothing. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { accountSlice, connectionTo, MemoryLedger, modelNamed, platformSlice, runGateway } from '../testing.ts'

const [dataDir = '', upstreamUrl = ''] = process.argv.slice(2)
const ledger = new MemoryLedger({ bud_root: 1_000_000_000n })
// what is written stays on disk: this process never gets to ship it
ledger.ship = () => Promise.reject(new Error('the ledger is down'))
const { gateway } = await runGateway(
  [platformSlice({ connections: [connectionTo(upstreamUrl)], models: [modelNamed('small')] }), accountSlice()],
  { dataDir, ledger, config: { segmentBytesMax: 64 << 10 } },
)
const server = createServer((req, res) => void gateway.handle(req, res))
gateway.standBefore(server)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
