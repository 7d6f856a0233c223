/** A simulated provider that speaks OpenAI's wire, so that a first call needs neither key nor network and takes the same road as any other. */
export { createDemoServer, type DemoServer } from './server.ts'
export { demoModels } from './text.ts'
