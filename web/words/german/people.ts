/** Users and invites, sharing, guests. */
export const people = {
  'Invite someone': 'Jemanden einladen',
  'There are no users.': 'Es gibt keine Benutzer.',
  'Open invites': 'Offene Einladungen',
  'There are no open invites.': 'Es gibt keine offenen Einladungen.',
  'For one admin': 'Für einen Verwalter',
  'For one member': 'Für ein Mitglied',
  admin: 'Verwalter',
  member: 'Mitglied',
  'Withdraw…': 'Zurückziehen …',
  'Withdraw this invite?': 'Diese Einladung zurückziehen?',
  Withdraw: 'Zurückziehen',
  'The link that you sent stops working. This cannot be undone.':
    'Der verschickte Link gilt dann nicht mehr. Das lässt sich nicht rückgängig machen.',
  'you^badge': 'du',
  '{role} · {used} used · {stored} with all copies': '{role} · {used} belegt · {stored} mit allen Kopien',
  disabled: 'gesperrt',
  'Edit {username}': '{username} bearbeiten',
  'Send this link to one person, in a way that you trust. It is shown only now and expires {at}.':
    'Schick diesen Link einer Person, auf einem Weg, dem du traust. Er wird nur jetzt gezeigt und läuft ab am {at}.',
  'Invite link': 'Einladungslink',
  'Create invite': 'Einladung anlegen',
  'Creating invite…': 'Einladung wird angelegt …',
  Role: 'Rolle',
  'Member: has their own files': 'Mitglied: hat eigene Dateien',
  'Admin: also manages users and devices': 'Verwalter: betreut auch Benutzer und Geräte',
  'Quota in GB': 'Höchstens so viele GB',
  'Leave it empty for no limit.': 'Leer: keine Grenze.',
  'Disabled: this user cannot sign in. Their files stay.':
    'Gesperrt: Dieser Benutzer kann sich nicht anmelden. Seine Dateien bleiben.',

  'This address works only on this computer. Open peerstor by the network address of the device, then share again.':
    'Diese Adresse gilt nur auf diesem Rechner. Öffne peerstor unter der Netzwerkadresse des Geräts, dann gib es noch einmal frei.',
  'This link works only in your own network, unless you make a device reachable from outside.':
    'Dieser Link gilt nur in deinem eigenen Netz, solange du kein Gerät von außen erreichbar machst.',
} as const;
