/**
 * The hot path: calls to models in the dialects of OpenAI and Anthropic, authenticated, limited, paid for and passed on.
 * Decides over the published snapshot alone, needs no database to do so, and writes every call ahead to disk.
 */
export { sharedSlack } from './bucket.ts'
export { defaultConfig, type GatewayConfig } from './config.ts'
export { brokenCall } from './edge.ts'
export { isUpload } from './endpoints.ts'
export { createGateway, type Gateway, type GatewayDeps } from './gateway.ts'
export { createOutside } from './guards/index.ts'
export { inspectKept } from './guards/kept.ts'
export { createGuardrailServiceClient } from './guards/outside/client.ts'
export { endpointFor } from './guards/outside/endpoint.ts'
export { createMcpClient } from './mcp/client.ts'
export type {
  AddressPort,
  AnswerName,
  BudgetPort,
  LedgerFigures,
  ReserveInput,
  ReserveOutcome,
  SecretPort,
  SharedAnswersPort,
  SharedFigures,
  SnapshotPort,
  StoredSlice,
  TokenPort,
  TokenUser,
  UsageBatch,
  UsagePort,
} from './ports.ts'
export { authorizerOf, demoModels } from './providers/index.ts'
export { hasSnapshot } from './snapshot/index.ts'
