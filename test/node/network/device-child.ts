/** A device in a process of its own, for process.test.ts: says its addresses, then lives until it is killed. */
import type { DeviceId } from '../../../src/model/ids.ts';
import { testDevice } from './libp2p/libp2p-world.ts';

const members = process.argv.slice(2) as DeviceId[];
const { transport } = await testDevice({ number: 2, members: () => [...members, transport.self] });
await transport.start();
process.send?.({ device: transport.self, addresses: transport.addresses() });
process.on('disconnect', () => process.exit(0));
