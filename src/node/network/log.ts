/** What the network writes down; pino's loggers satisfy it. Facts never hold keys or bodies. */
export interface Log {
  debug(facts: object, sentence: string): void;
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
}
