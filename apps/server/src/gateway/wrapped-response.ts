import type { CallResponse } from './lane/index.ts'

/** A response that stands before another: it says other things, and is heard and broken off where that one is. */
export abstract class WrappedResponse implements Omit<CallResponse, 'headersSent' | 'writeHead' | 'write' | 'end'> {
  protected readonly inner: CallResponse

  constructor(inner: CallResponse) {
    this.inner = inner
  }

  get destroyed(): boolean {
    return this.inner.destroyed
  }

  destroy(): void {
    this.inner.destroy()
  }

  on(event: 'close', closed: () => void): void {
    this.inner.on(event, closed)
  }

  once(event: 'drain', drained: () => void): void {
    this.inner.once(event, drained)
  }
}
