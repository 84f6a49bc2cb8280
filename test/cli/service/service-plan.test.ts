/** Files and commands for the service managers of three systems, against golden text. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { installService, showService, uninstallService } from '../../../src/cli/service/service.ts';
import { type ServiceWish, type SystemCommand, servicePlan } from '../../../src/cli/service/service-plan.ts';

const linux: ServiceWish = {
  platform: 'linux',
  scope: 'user',
  program: ['/usr/bin/node', '/opt/peerstor/bin/peerstor.js'],
  home: '/home/anna/my "100 %" $HOME\\x',
  startWords: ['--port', '8080'],
  account: 'anna',
  userId: 501,
  userHome: '/home/anna',
  configHome: undefined,
};
const mac: ServiceWish = { ...linux, platform: 'darwin', home: '/Users/anna/a & b', userHome: '/Users/anna' };
const windows: ServiceWish = {
  ...linux,
  platform: 'win32',
  program: ['C:\\Program Files\\nodejs\\node.exe', 'C:\\peerstor\\bin\\peerstor.js'],
  home: "C:\\Users\\anna's\\peer & stor",
  userHome: 'C:\\Users\\anna',
};

const skipProc = process.platform !== 'linux' && 'only Linux has /proc';
describe('the file of a service', () => {
  it('ends with an error where the system takes no folder for it', {
    skip: skipProc,
    timeout: 20_000,
  }, async () => {
    const plan = { ...servicePlan(linux), file: '/proc/peerstor/systemd/user/peerstor.service' };
    const run = async () => ({ code: 0, said: '' });
    await assert.rejects(installService(plan, run), { code: 'ENOENT' });
  });
});

describe('a service of systemd', () => {
  it('the unit of a person has this text', () => {
    const { file, content, install, uninstall } = servicePlan(linux);
    assert.equal(file, '/home/anna/.config/systemd/user/peerstor.service');
    assert.equal(
      content,
      `[Unit]
Description=peerstor: private storage made of your own devices

[Service]
Type=exec
ExecStart=/usr/bin/node /opt/peerstor/bin/peerstor.js start --home "/home/anna/my \\"100 %%\\" $$HOME\\\\x" --port 8080
Restart=on-failure
RestartSec=2
TimeoutStopSec=15
LimitNOFILE=65536
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
UMask=0077

[Install]
WantedBy=default.target
`,
    );
    assert.deepEqual(install, [
      ['systemctl', '--user', 'daemon-reload'],
      ['systemctl', '--user', 'enable', 'peerstor.service'],
      ['systemctl', '--user', 'restart', 'peerstor.service'],
    ]);
    assert.deepEqual(uninstall, [['systemctl', '--user', 'disable', '--now', 'peerstor.service']]);
  });

  it('the unit of the machine runs as an account and is closed further', () => {
    const { file, content, status, logs } = servicePlan({ ...linux, scope: 'system' });
    assert.equal(file, '/etc/systemd/system/peerstor.service');
    for (const lineOf of [
      'User=anna',
      'ProtectSystem=full',
      'CapabilityBoundingSet=',
      'WantedBy=multi-user.target',
    ]) {
      assert.ok(String(content).split('\n').includes(lineOf), lineOf);
    }
    assert.deepEqual(status, ['systemctl', 'status', '--no-pager', 'peerstor.service']);
    assert.deepEqual(logs(true).slice(0, 3), ['journalctl', '-u', 'peerstor.service']);
    assert.ok(logs(true).includes('-f') && !logs(false).includes('-f'));
  });

  const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
  it('systemd itself takes both units', {
    skip: !analyze && 'systemd-analyze is not on this machine',
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerstor-unit-'));
    try {
      for (const scope of ['user', 'system'] as const) {
        // Paths that exist: systemd looks for the program.
        const wish = { ...linux, node: process.execPath, account: 'root', scope };
        const file = join(folder, `peerstor-${scope}.service`);
        await writeFile(file, servicePlan(wish).content);
        const ran = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
        assert.deepEqual([ran.status, ran.stderr], [0, ''], scope);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a service of launchd', () => {
  it('the property list of a person has this text', () => {
    const { file, content, install, uninstall } = servicePlan(mac);
    assert.equal(file, '/Users/anna/Library/LaunchAgents/peerstor.device.plist');
    assert.equal(
      content,
      `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>peerstor.device</string>
  <key>ProgramArguments</key>
  <array>
    <string>/usr/bin/node</string>
    <string>/opt/peerstor/bin/peerstor.js</string>
    <string>start</string>
    <string>--home</string>
    <string>/Users/anna/a &amp; b</string>
    <string>--port</string>
    <string>8080</string>
  </array>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ProcessType</key><string>Background</string>
  <key>ExitTimeOut</key><integer>15</integer>
  <key>Umask</key><integer>63</integer>
  <key>StandardOutPath</key><string>/Users/anna/Library/Logs/peerstor.log</string>
  <key>StandardErrorPath</key><string>/Users/anna/Library/Logs/peerstor.log</string>
</dict>
</plist>
`,
    );
    assert.deepEqual(install, [['launchctl', 'bootstrap', 'gui/501', file]]);
    assert.deepEqual(uninstall, [['launchctl', 'bootout', 'gui/501/peerstor.device']]);
  });

  it('the property list of the machine names its account', () => {
    const { file, content, status } = servicePlan({ ...mac, scope: 'system' });
    assert.equal(file, '/Library/LaunchDaemons/peerstor.device.plist');
    assert.match(String(content), /<key>UserName<\/key><string>anna<\/string>/);
    assert.deepEqual(status, ['launchctl', 'print', 'system/peerstor.device']);
  });
});

describe('a task of the Windows Task Scheduler', () => {
  it('the task of a person has this text, in UTF-16 with its mark', () => {
    const { file, content } = servicePlan(windows);
    assert.equal(file, "C:\\Users\\anna's\\peer & stor\\service.xml");
    const text = Buffer.from(content as Uint8Array).toString('utf16le');
    assert.equal(
      text.replaceAll('\r\n', '\n'),
      `\ufeff<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>peerstor: private storage made of your own devices</Description></RegistrationInfo>
  <Triggers><LogonTrigger><Enabled>true</Enabled><UserId>anna</UserId></LogonTrigger></Triggers>
  <Principals><Principal id="Author"><UserId>anna</UserId><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Hidden>true</Hidden>
    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec><Command>cmd.exe</Command><Arguments>/d /s /c &quot;&quot;C:\\Program Files\\nodejs\\node.exe&quot; C:\\peerstor\\bin\\peerstor.js start --home &quot;C:\\Users\\anna's\\peer &amp; stor&quot; --port 8080 &gt;&gt; &quot;C:\\Users\\anna's\\peer &amp; stor\\service.log&quot; 2&gt;&amp;1&quot;</Arguments></Exec>
  </Actions>
</Task>
`,
    );
  });

  it('the task of the machine begins at boot, and the log is read by PowerShell with its path quoted', () => {
    const plan = servicePlan({ ...windows, scope: 'system' });
    const text = Buffer.from(plan.content as Uint8Array).toString('utf16le');
    assert.match(text, /<BootTrigger>.*<UserId>S-1-5-18<\/UserId>/s);
    assert.match(
      plan.logs(true).at(-1) ?? '',
      /-Wait -LiteralPath 'C:\\Users\\anna''s\\peer & stor\\service\.log'$/,
    );
  });

  it('a path that the shell of Windows would read as something else is refused', () => {
    assert.throws(() => servicePlan({ ...windows, startWords: ['--name', '%PATH%'] }), { code: 'bad-input' });
  });
});

describe('installing a service', () => {
  let folder = '';
  const ran: SystemCommand[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-service-'));
  });
  after(() => rm(folder, { recursive: true }));
  const plan = () => servicePlan({ ...linux, configHome: join(folder, 'config') });
  const works = async (command: SystemCommand) => {
    ran.push(command);
    return { code: 0, said: '' };
  };

  it('the file is written before the commands run, and is gone after uninstalling', async () => {
    const { file, content, install, uninstall, forget } = plan();
    await installService(plan(), works);
    assert.equal(await readFile(file, 'utf8'), content);
    assert.deepEqual(ran.splice(0), install);
    await installService(plan(), works);
    assert.deepEqual(ran.splice(0), [...uninstall, ...install], 'again, the new file counts');
    assert.equal(await uninstallService(plan(), works), true);
    assert.deepEqual(ran.splice(0), [...uninstall, ...forget]);
    await assert.rejects(stat(file), { code: 'ENOENT' });
    assert.equal(await uninstallService(plan(), works), false);
    await assert.rejects(showService(plan(), plan().status, works), { code: 'not-found' });
  });

  it('a command of the system that fails is told with what it said', async () => {
    const fails = async () => ({ code: 1, said: 'Failed to connect to bus' });
    await assert.rejects(
      installService(plan(), fails),
      /"systemctl --user daemon-reload" failed: Failed to connect/,
    );
  });

  it('a control character or a system without a known manager is refused', () => {
    assert.throws(() => servicePlan({ ...linux, home: '/a\nUser=root' }), { code: 'bad-input' });
    assert.throws(() => servicePlan({ ...linux, platform: 'freebsd' }), /no service for freebsd yet/);
  });
});
