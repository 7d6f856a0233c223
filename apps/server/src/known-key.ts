import { setTimeout as sleep } from 'node:timers/promises'
import { findKey, type World } from '@cockpit/policy'

const waitMaxMs = 1_000
const lookEveryMs = 5

/**
 * Waits until the gateway of this process knows a key by its hash, so that whoever is given one can use it at once. Not
 * for ever: where nothing is published at the moment, the key still exists.
 */
export const createKnownKey =
  (world: () => World) =>
  async (hash: string): Promise<void> => {
    const until = performance.now() + waitMaxMs
    while (findKey(world(), hash, 0) === undefined && performance.now() < until) await sleep(lookEveryMs)
  }
