/** Settings: password, recovery words, sessions, second factor, tokens, language. */
export const account = {
  Certificate: 'Zertifikat',
  'Install the certificate of your network once on each phone and computer, and open all your devices over https.':
    'Installiere das Zertifikat deines Netzes einmal auf jedem Handy und Computer, und öffne alle deine Geräte über https.',
  'How to install it': 'So installierst du es',
  'Loading your tokens and links…': 'Deine Schlüssel und Links werden geladen …',
  'Access tokens to revoke: {count}': 'Zugangsschlüssel zum Widerrufen: {count}',
  'Whoever knew your password may have made one. Keep only those that you know and still use.':
    'Wer dein Passwort kannte, kann einen angelegt haben. Behalte nur, was du kennst und noch brauchst.',
  'Share links to end: {count}': 'Freigabelinks zum Beenden: {count}',
  'Links keep working unless you end them here: others have their addresses.':
    'Links gelten weiter, wenn du sie hier nicht beendest: Andere haben ihre Adressen.',
  '{name}: {rights} {path}, made {at}': '{name}: {path} {rights}, angelegt am {at}',
  '{name}: {rights}, made {at}': '{name}: {rights}, angelegt am {at}',
  'On {deviceName}. Your other devices have lists of their own.':
    'Auf {deviceName}. Deine anderen Geräte haben eigene Listen.',
  'Where you are signed in': 'Wo du angemeldet bist',
  'Nowhere.': 'Nirgends.',
  'A program that does not say its name': 'Ein Programm, das seinen Namen nicht nennt',
  'this browser': 'dieser Browser',
  'this program': 'dieses Programm',
  'Sign out {device}, {session}': '{device} abmelden, {session}',
  'Sign out…': 'Abmelden …',
  'Sign out {device}?': '{device} abmelden?',
  '{session}. Whoever uses it must sign in again with your password.':
    '{session}. Wer es nutzt, muss sich mit deinem Passwort neu anmelden.',
  'If you do not know it, change your password too.': 'Wenn du es nicht kennst, ändere auch dein Passwort.',
  'last used {ago}': 'zuletzt genutzt {ago}',
  'signed in {at}': 'angemeldet am {at}',
  'Second factor': 'Zweiter Faktor',
  'A code from an authenticator app, asked at each sign-in beside your password. It protects you from somebody who learns your password. If you lose the phone, your recovery words let you in and turn it off.':
    'Ein Code aus einer Authenticator-App, der bei jeder Anmeldung zusätzlich zum Passwort verlangt wird. Er schützt dich, wenn jemand dein Passwort erfährt. Verlierst du das Handy, lassen dich deine Wiederherstellungswörter hinein und schalten ihn ab.',
  'on^factor': 'an',
  'Signing in asks for a code.': 'Bei der Anmeldung wird ein Code verlangt.',
  'Turn off…': 'Abschalten …',
  'Set up': 'Einrichten',
  'Signing in asks for a code from now on.': 'Ab jetzt wird bei der Anmeldung ein Code verlangt.',
  'Scan this with an authenticator app, or type the secret into it. Then type the six digits that it shows.':
    'Scanne dies mit einer Authenticator-App, oder tippe das Geheimnis dort ein. Gib dann die sechs Ziffern ein, die sie zeigt.',
  'QR code for an authenticator app': 'QR-Code für eine Authenticator-App',
  Secret: 'Geheimnis',
  'Turn on': 'Einschalten',
  'Code from the app': 'Code aus der App',
  'Signing in asks for your password only.': 'Bei der Anmeldung wird nur noch dein Passwort verlangt.',
  'Turn off the second factor?': 'Zweiten Faktor abschalten?',
  'Turn off': 'Abschalten',
  'Settings of {name}': 'Einstellungen von {name}',
  'For admins': 'Für Verwalter',
  'Users and invites': 'Benutzer und Einladungen',
  'Your password has been changed. You are signed out everywhere else.':
    'Dein Passwort ist geändert. Du bist überall sonst abgemeldet.',
  'Change password': 'Passwort ändern',
  'Changing…': 'Wird geändert …',
  'Old password': 'Altes Passwort',
  'You have new recovery words. The old ones no longer work.':
    'Du hast neue Wiederherstellungswörter. Die alten gelten nicht mehr.',
  'These 24 words set a new password if you forget yours. If somebody else may have seen them, create new ones.':
    'Mit diesen 24 Wörtern setzt du ein neues Passwort, wenn du deines vergisst. Hat sie vielleicht jemand gesehen, erzeuge neue.',
  'Hide the words': 'Wörter verbergen',
  'Show recovery words': 'Wiederherstellungswörter zeigen',
  'Create new words…': 'Neue Wörter erzeugen …',
  'Create new recovery words?': 'Neue Wiederherstellungswörter erzeugen?',
  'Create new words': 'Neue Wörter erzeugen',
  'The old words stop working. This cannot be undone. Write the new ones down.':
    'Die alten Wörter gelten nicht mehr. Das lässt sich nicht rückgängig machen. Schreib die neuen auf.',
  'You are signed out everywhere else.': 'Du bist überall sonst abgemeldet.',
  Sessions: 'Anmeldungen',
  'Lost a laptop, or signed in on a computer that is not yours? Sign out everywhere except here.':
    'Laptop verloren oder an einem fremden Computer angemeldet? Melde dich überall außer hier ab.',
  'Sign out everywhere else…': 'Überall sonst abmelden …',
  'Sign out everywhere else?': 'Überall sonst abmelden?',
  'Every other browser and program has to sign in again.':
    'Alle anderen Browser und Programme müssen sich neu anmelden.',
  'Access tokens': 'Zugangsschlüssel',
  'For programs, instead of your password. Each token opens one folder and can be revoked by itself.':
    'Für Programme, anstelle deines Passworts. Jeder Schlüssel öffnet einen Ordner und lässt sich einzeln widerrufen.',
  'Copy this token now: it is not shown again.':
    'Kopiere diesen Schlüssel jetzt: Er wird nicht noch einmal gezeigt.',
  'Token “{name}”': 'Schlüssel „{name}“',
  'To mount the drive (WebDAV), use the address below with any name, and the token as the password. For programs that speak S3, the token is the secret key.':
    'Um die Ablage einzubinden (WebDAV), nimm die Adresse unten mit einem beliebigen Namen und dem Schlüssel als Passwort. Für Programme, die S3 sprechen, ist er der geheime Schlüssel.',
  'WebDAV address': 'WebDAV-Adresse',
  'S3 address': 'S3-Adresse',
  'S3 access key': 'S3-Zugriffsschlüssel',
  'You have no access tokens.': 'Du hast keine Zugangsschlüssel.',
  '{rights} {path} · {expiry}': '{path} {rights} · {expiry}',
  'never expires': 'läuft nie ab',
  'expires {at}': 'läuft ab am {at}',
  'Revoke {name}': '{name} widerrufen',
  'Revoke…': 'Widerrufen …',
  'Revoke “{name}”?': '„{name}“ widerrufen?',
  Revoke: 'Widerrufen',
  'Programs that use this token lose access. This cannot be undone.':
    'Programme mit diesem Schlüssel verlieren den Zugang. Das lässt sich nicht rückgängig machen.',
  'Create token': 'Schlüssel anlegen',
  'Creating token…': 'Schlüssel wird angelegt …',
  Purpose: 'Zweck',
  'The program': 'Das Programm darf',
  Language: 'Sprache',
  'As the browser': 'Wie der Browser',
  'For this browser, before signing in as well.': 'Gilt in diesem Browser, auch vor der Anmeldung.',
  About: 'Über peerstor',
  'One private store made of the devices you already own. Free software under the MIT licence.':
    'Ein privater Speicher aus den Geräten, die du schon hast. Freie Software unter der MIT-Lizenz.',
  'Licences of all parts': 'Lizenzen aller Teile',
  'Programming interface': 'Programmierschnittstelle',
} as const;
