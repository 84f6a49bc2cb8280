/** Set-up, signing in, recovery words, joining. */
export const gate = {
  'Sign in': 'Anmelden',
  'Your account asks for a code from your authenticator app, too.':
    'Dein Konto verlangt zusätzlich einen Code aus deiner Authenticator-App.',
  'Signing in…': 'Anmeldung läuft …',
  'Lost the phone? Use your recovery words': 'Handy verloren? Wiederherstellungswörter verwenden',
  'Signing in on {name}. All your devices show the same drive.':
    'Anmeldung an {name}. Alle deine Geräte zeigen dieselbe Ablage.',
  'Forgot your password?': 'Passwort vergessen?',
  'Type an address such as 192.168.1.20:8080.': 'Gib eine Adresse wie 192.168.1.20:8080 ein.',
  'This code lets one new device join the network of {deviceName}. It is valid for 10 minutes.':
    'Mit diesem Code kann ein neues Gerät dem Netz von {deviceName} beitreten. Er gilt 10 Minuten.',
  'New devices nearby': 'Neue Geräte in der Nähe',
  'Join with {name} · {address}': 'Mit {name} · {address} beitreten',
  'Start peerstor on the new device. It prints the address of its page. Enter that address here to open the page with the code filled in; the page also asks for the set-up code that peerstor printed.':
    'Starte peerstor auf dem neuen Gerät. Es gibt die Adresse seiner Seite aus. Gib diese Adresse hier ein, dann öffnet sich die Seite mit dem ausgefüllten Code; sie fragt auch nach dem Einrichtungscode, den peerstor ausgegeben hat.',
  'Open the page of the new device': 'Seite des neuen Geräts öffnen',
  'Opening…': 'Wird geöffnet …',
  'Address of the new device': 'Adresse des neuen Geräts',
  'For example 192.168.1.20:8080.': 'Zum Beispiel 192.168.1.20:8080.',
  'Or type this on the new device': 'Oder gib dies auf dem neuen Gerät ein',
  'Go to your drive': 'Zu deiner Ablage',
  'This page came over plain http. Whoever is on the same network could read your password and your files.':
    'Diese Seite kam unverschlüsselt über http. Wer im selben Netz ist, könnte dein Passwort und deine Dateien lesen.',
  'Use https': 'Nimm https',
  'install it once': 'installiere es einmal',
  '{useHttps}. If your browser warns of the certificate, {install}.':
    '{useHttps}. Wenn dein Browser vor dem Zertifikat warnt, {install}.',
  'Enter all 24 words. These are {count}.': 'Gib alle 24 Wörter ein. {count|Das ist|Das sind} {count}.',
  'Reset your password': 'Passwort zurücksetzen',
  'Enter the 24 recovery words that you wrote down when you created your account.':
    'Gib die 24 Wiederherstellungswörter ein, die du beim Anlegen deines Kontos aufgeschrieben hast.',
  'Set new password': 'Neues Passwort setzen',
  'Checking the words…': 'Wörter werden geprüft …',
  '{count} of 24 words entered. Separate them with spaces or new lines.':
    '{count} von 24 Wörtern eingegeben. Trenne sie durch Leerzeichen oder neue Zeilen.',
  'Keep my access tokens': 'Meine Zugangsschlüssel behalten',
  'Without this, access tokens for programs are revoked: somebody who knew your old password may have made one. Share links keep working. Once you are in, your settings list both.':
    'Sonst werden Zugangsschlüssel für Programme widerrufen: Wer dein altes Passwort kannte, kann einen angelegt haben. Freigabelinks gelten weiter. Wenn du angemeldet bist, stehen beide in deinen Einstellungen.',
  'Back to sign in': 'Zurück zur Anmeldung',
  'Write down your recovery words': 'Schreib deine Wiederherstellungswörter auf',
  'These 24 words are the only way back to your files if you forget your password. Keep them on paper, away from your devices. Next, you are asked for three of them.':
    'Diese 24 Wörter sind der einzige Weg zurück zu deinen Dateien, wenn du dein Passwort vergisst. Bewahre sie auf Papier auf, nicht bei deinen Geräten. Als Nächstes wirst du nach dreien davon gefragt.',
  'I have written them down': 'Ich habe sie aufgeschrieben',
  Print: 'Drucken',
  'word {place}': 'Wort {place}',
  'Word {place}': 'Wort {place}',
  'This does not match: {numbers}. Look at what you wrote down.':
    'Das stimmt nicht überein: {numbers}. Sieh nach, was du aufgeschrieben hast.',
  'Check your recovery words': 'Prüfe deine Wiederherstellungswörter',
  'Open my drive': 'Meine Ablage öffnen',
  'Show the words again': 'Wörter noch einmal zeigen',
  'peerstor recovery words of {username}, {host}':
    'Wiederherstellungswörter für peerstor von {username}, {host}',
  'Whoever has these words can open the account. Print this file, then delete it.':
    'Wer diese Wörter hat, kann das Konto öffnen. Drucke diese Datei, dann lösche sie.',
  'peerstor recovery words': 'peerstor Wiederherstellungswörter',
  'You are invited': 'Du bist eingeladen',
  'Choose a user name and a password for your own drive on {deviceName}. Nobody else can open your files, not even the person who invited you.':
    'Wähle einen Benutzernamen und ein Passwort für deine eigene Ablage auf {deviceName}. Niemand sonst kann deine Dateien öffnen, auch nicht, wer dich eingeladen hat.',
  'Create my account': 'Mein Konto anlegen',
  'Creating your account…': 'Dein Konto wird angelegt …',
  Invite: 'Einladung',
  'It is the part after # in the link that you were sent.':
    'Das ist der Teil nach # in dem Link, den du bekommen hast.',
  'Welcome to peerstor': 'Willkommen bei peerstor',
  'This device is called {deviceName}. Create your private drive on it, or add it to the devices that you already use.':
    'Dieses Gerät heißt {deviceName}. Leg deine private Ablage darauf an, oder füge es zu den Geräten hinzu, die du schon nutzt.',
  'How to begin': 'Wie es losgeht',
  'New drive': 'Neue Ablage',
  'Join my other devices': 'Zu meinen anderen Geräten',
  'This set-up code is wrong, or from an earlier start: each start of peerstor prints a new link. Copy the part after # from the link that it printed last.':
    'Dieser Einrichtungscode ist falsch oder von einem früheren Start: Jeder Start von peerstor gibt einen neuen Link aus. Kopiere den Teil nach # aus dem letzten Link.',
  'Set-up code': 'Einrichtungscode',
  'It is the part after # in the link that peerstor printed when it started on this device.':
    'Das ist der Teil nach # in dem Link, den peerstor beim Start auf diesem Gerät ausgegeben hat.',
  'Create my drive': 'Meine Ablage anlegen',
  'Creating your drive…': 'Deine Ablage wird angelegt …',
  Join: 'Beitreten',
  'Joining…': 'Beitritt läuft …',
  'Eight digits. On your other device, open Devices and choose Add a device.':
    'Acht Ziffern. Öffne auf deinem anderen Gerät „Geräte“ und wähle „Gerät hinzufügen“.',
  'Address of the other device': 'Adresse des anderen Geräts',
  'For example 192.168.1.10:8080. Leave it empty to search this network.':
    'Zum Beispiel 192.168.1.10:8080. Lass es leer, um in diesem Netz zu suchen.',
  'Found nearby': 'In der Nähe gefunden',
  'This device is not answering': 'Dieses Gerät antwortet nicht',
  'It may be off, still starting, or on another network. Your other devices show the same drive.':
    'Es ist vielleicht aus, startet noch oder ist in einem anderen Netz. Deine anderen Geräte zeigen dieselbe Ablage.',
  'Try again': 'Erneut versuchen',
  'At least 8 characters. It encrypts your keys: without it or your recovery words, nobody can open your files.':
    'Mindestens 8 Zeichen. Es verschlüsselt deine Schlüssel: Ohne das Passwort oder deine Wiederherstellungswörter kann niemand deine Dateien öffnen.',
  'Name of this device': 'Name dieses Geräts',
  'So that you know it among your others.': 'Damit du es unter deinen anderen erkennst.',
  'Space that it lends, in GB': 'Platz, den es hergibt, in GB',
  'For encrypted copies of your files. You can change it later under Devices.':
    'Für verschlüsselte Kopien deiner Dateien. Du kannst es später unter „Geräte“ ändern.',
  '{free} are free. It is for encrypted copies of your files, and you can change it later under Devices.':
    '{free} sind frei. Er ist für verschlüsselte Kopien deiner Dateien; du kannst ihn später unter „Geräte“ ändern.',
  'Only {free} are free on this disk. Lend less.':
    'Auf diesem Laufwerk sind nur {free} frei. Gib weniger her.',
} as const;
