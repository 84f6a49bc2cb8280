export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';
export type { GatewayLog } from './gateway-log.ts';
