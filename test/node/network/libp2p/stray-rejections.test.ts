import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';

const guard = new URL('../../../../src/node/network/libp2p/stray-rejections.ts', import.meta.url).href;

describe('stray rejections', () => {
  it("the guard logs the name of libp2p's stray rejection, and the process goes on", async () => {
    const { code, stdout, stderr } = await run("new StreamResetEvent(new Error('the bytes of a chunk'))");
    assert.equal(code, 0);
    assert.equal(stdout, 'warn {"name":"StreamResetEvent"}\nstill here\n');
    assert.equal(stderr, '');
  });

  for (const reason of ["new Error('our own mistake')", "new Event('close')", '{ a: 1 }']) {
    it(`the guard lets any other rejection end the process: ${reason}`, async () => {
      const { code, stdout } = await run(reason);
      assert.notEqual(code, 0);
      assert.ok(!stdout.includes('still here'));
    });
  }

  it('the guard ends when the last transport stopped', async () => {
    const { code } = await run("new StreamResetEvent(new Error('later'))", 'release();');
    assert.notEqual(code, 0);
  });
});

/** A process of its own, since the test runner has a guard too. */
function run(reason: string, before = ''): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const script = `
    import { StreamResetEvent } from '@libp2p/interface';
    import { guardStrayRejections } from ${JSON.stringify(guard)};
    const say = (level) => (facts) => console.log(level, JSON.stringify(facts));
    const release = guardStrayRejections({ debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') });
    ${before}
    Promise.reject(${reason});
    setTimeout(() => { console.log('still here'); release(); }, 50);
  `;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { cwd: import.meta.dirname },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
