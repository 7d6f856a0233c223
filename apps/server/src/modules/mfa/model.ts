/** How long a proof that has begun may take. */
export const challengeMs = 5 * 60_000
