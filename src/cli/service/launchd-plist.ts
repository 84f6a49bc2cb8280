/** The property list of launchd.plist(5). */
import { xmlText } from './xml-text.ts';

/** @param options.account for a daemon of the machine; undefined for an agent of one person */
export function launchdPlist(
  words: readonly string[],
  { label, log, account }: { label: string; log: string; account: string | undefined },
): string {
  const text = (value: string) => `<string>${xmlText(value)}</string>`;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    `  <key>Label</key>${text(label)}`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...words.map((word) => `    ${text(word)}`),
    '  </array>',
    ...(account === undefined ? [] : [`  <key>UserName</key>${text(account)}`]),
    '  <key>RunAtLoad</key><true/>',
    '  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>',
    '  <key>ProcessType</key><string>Background</string>',
    // A device stops by itself within ten seconds.
    '  <key>ExitTimeOut</key><integer>15</integer>',
    '  <key>Umask</key><integer>63</integer>',
    `  <key>StandardOutPath</key>${text(log)}`,
    `  <key>StandardErrorPath</key>${text(log)}`,
    '</dict>',
    '</plist>',
  ].join('\n')}\n`;
}
