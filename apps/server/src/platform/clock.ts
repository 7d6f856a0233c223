/** The present moment. Time comes in as an argument, so a test can choose it. */
export type Clock = () => Date

export const systemClock: Clock = () => new Date()
