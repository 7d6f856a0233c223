const acts = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const
/** As often as the server writes down that a session is in use. */
const restMs = 60_000

/**
 * Whether somebody is at the screen. What a page asks by itself while nobody is must not keep their session awake, or one
 * that was left open would never end.
 */
export const createAttention = ({ target, now }: { target: EventTarget; now: () => number }) => {
  let actedAt = now() // whoever opens a page is there
  const act = () => {
    actedAt = now()
  }
  for (const name of acts) target.addEventListener(name, act, { capture: true, passive: true })
  return {
    headers: (): Record<string, string> => (now() - actedAt > restMs ? { 'x-unattended': '1' } : {}),
  }
}
