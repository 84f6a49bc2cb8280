import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';

const inSource = (path: string) => new URL(`../../../src/node/${path}`, import.meta.url).href;

/** A process of its own: what is guarded there is the same for everybody in it. */
function run(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const whole = `
    import os from 'node:os';
    import { syncBuiltinESMExports } from 'node:module';
    let full = false;
    const real = os.networkInterfaces;
    os.networkInterfaces = () => {
      if (full) throw Object.assign(new Error('uv_interface_addresses returned EMFILE'), { code: 'EMFILE' });
      return real();
    };
    syncBuiltinESMExports();
    const lines = [];
    const log = { debug() {}, info() {}, warn: (_, line) => lines.push(line), error() {} };
    ${script}
  `;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--input-type=module', '-e', whole],
      { timeout: 120_000 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

describe('the addresses of this machine', { timeout: 300_000 }, () => {
  it('stay the last known ones while no descriptors are left, which the log says once a time', async () => {
    const { code, stdout, stderr } = await run(`
      import { networkInterfaces } from 'node:os';
      import { guardInterfaces } from ${JSON.stringify(inSource('process/known-interfaces.ts'))};
      const release = guardInterfaces(log);
      const before = JSON.stringify(networkInterfaces());
      full = true;
      const same = [networkInterfaces(), os.networkInterfaces()].every((one) => JSON.stringify(one) === before);
      full = false;
      networkInterfaces();
      full = true;
      networkInterfaces();
      release();
      let thrown = false;
      try { networkInterfaces(); } catch { thrown = true; }
      console.log(JSON.stringify([before !== '{}', same, lines.length, /ulimit -n/.test(lines[0]), thrown]));
    `);
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(JSON.parse(stdout), [true, true, 2, true, true]);
  });

  it('end no process that answers mDNS while no descriptors are left, or whose mDNS socket fails', async () => {
    const { code, stdout, stderr } = await run(`
      import { Bonjour } from 'bonjour-service';
      import { guardInterfaces } from ${JSON.stringify(inSource('process/known-interfaces.ts'))};
      import { createDiscovery } from ${JSON.stringify(inSource('pairing/discovery.ts'))};
      const made = [];
      const publish = Bonjour.prototype.publish;
      Bonjour.prototype.publish = function (options) { made.push(this); return publish.call(this, options); };
      guardInterfaces(log);
      const discovery = createDiscovery({ device: 'a'.repeat(64), name: () => 'nas', port: 8080, network: null, log });
      discovery.start();
      full = true;
      const { mdns } = made[0].server;
      setTimeout(() => {
        mdns.update();
        mdns.emit('query', { questions: [{ type: 'ANY', name: '_peerstor._tcp.local' }] });
        mdns.emit('error', Object.assign(new Error('bind EMFILE'), { code: 'EMFILE' }));
        discovery.setNetwork('b'.repeat(64));
        setTimeout(async () => { await discovery.stop(); console.log('still here', lines.length > 0); process.exit(0); }, 500);
      }, 500);
    `);
    assert.deepEqual([code, stdout, stderr], [0, 'still here true\n', '']);
  });
});
