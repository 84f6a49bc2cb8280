export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';
export type { ServerCertificates } from './one-port.ts';
