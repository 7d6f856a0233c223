const hourMs = 3_600_000
const dayMs = 86_400_000

/** Thirty days back as a query takes it; to the hour, so that the answer can be cached. */
export const monthAgo = (): string => new Date(Math.floor(Date.now() / hourMs) * hourMs - 30 * dayMs).toISOString()
