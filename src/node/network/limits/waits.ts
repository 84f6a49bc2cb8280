/** How long the transport waits for an answer, between two looks at its peers, and before it asks who they are. */
export const callTimeoutMs = 30_000;
export const tickMinMs = 10;
export const tickMaxMs = 1000;
/** By then the other side has read our welcome and accepts identify. */
export const identifyAfterMs = 1000;
