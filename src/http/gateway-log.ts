/** Where the gateway reports; a pino logger fits. File names and secrets are never among the facts. */
export interface GatewayLog {
  debug(facts: object, sentence: string): void;
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}
