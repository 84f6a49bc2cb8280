/** Devices, their folders and speed, health, the machine, the audit log. */
export const network = {
  'Save as CSV': 'Als CSV speichern',
  'Events recorded on this device within a year. Each device keeps its own log.':
    'Ereignisse eines Jahres auf diesem Gerät. Jedes Gerät führt sein eigenes Protokoll.',
  Words: 'Wörter',
  'From^date': 'Von',
  'To^date': 'Bis',
  'No such events.': 'Keine solchen Ereignisse.',
  'Show more': 'Mehr zeigen',

  'A device joined': 'Ein Gerät ist beigetreten',
  Done: 'Fertig',
  'It is part of your network now and starts to take copies.':
    'Es gehört jetzt zu deinem Netz und nimmt die ersten Kopien an.',
  'New code': 'Neuer Code',
  'Start peerstor on the new device, open the page whose address it prints, choose “Join my other devices” and enter this code. Or run {command} there.':
    'Starte peerstor auf dem neuen Gerät, öffne die Seite, deren Adresse es ausgibt, wähle „Zu meinen anderen Geräten“ und gib diesen Code ein. Oder führe dort {command} aus.',
  'This code has expired.': 'Dieser Code ist abgelaufen.',
  'QR code that opens a page with this code': 'QR-Code, der eine Seite mit diesem Code öffnet',
  'Valid for {time} minutes. If the new device does not find this one, enter this address there: {host}':
    'Gilt noch {time} Minuten. Findet das neue Gerät dieses nicht, gib dort diese Adresse ein: {host}',
  'is always on': 'ist immer an',
  'sleeps at times': 'schläft manchmal',
  'Edit “{name}”': '„{name}“ bearbeiten',
  Place: 'Ort',
  'For example home or office. peerstor keeps copies in different places if there are several.':
    'Zum Beispiel Zuhause oder Büro. Gibt es mehrere Orte, legt peerstor Kopien an verschiedenen an.',
  'This device': 'Dieses Gerät',
  'Move the copies on “{name}” elsewhere?': 'Kopien von „{name}“ verlagern?',
  'Move its copies': 'Kopien verlagern',
  'Your other devices copy everything that is on {name}, and it takes no new copies. Do this before you remove it. Until then it keeps what it has, and you can use it again at any time.':
    'Deine anderen Geräte kopieren alles, was auf {name} liegt, und es nimmt keine neuen Kopien an. Tu dies, bevor du es entfernst. Bis dahin behält es, was es hat, und du kannst es jederzeit wieder verwenden.',
  '{size} are on it. Your other devices need room for them.':
    'Darauf liegen {size}. Deine anderen Geräte brauchen Platz dafür.',
  'Only this device has {chunks} {chunks|chunk|chunks} ({size}): {versions} {versions|version of a file|versions of files} would be lost forever.':
    'Nur dieses Gerät hat {chunks} {chunks|Stück|Stücke} ({size}): {versions} {versions|Version einer Datei ginge|Versionen von Dateien gingen} für immer verloren.',
  'Nothing would be lost. {count} {count|chunk|chunks} would have too few copies until they are copied again.':
    'Nichts ginge verloren. {count} {count|Stück hätte|Stücke hätten} zu wenige Kopien, bis neue entstanden sind.',
  'Nothing would be lost. Everything would still have enough copies.':
    'Nichts ginge verloren. Alles hätte noch genug Kopien.',
  'Remove “{name}”?': '„{name}“ entfernen?',
  'Remove forever': 'Für immer entfernen',
  'Files that would be lost': 'Dateien, die verloren gingen',
  'A removed device cannot come back and cannot reach your other devices. To lose nothing, move its copies elsewhere first and wait until nothing is left to copy.':
    'Ein entferntes Gerät kann nicht zurückkommen und erreicht deine anderen Geräte nicht mehr. Damit nichts verloren geht, verlagere zuerst seine Kopien und warte, bis nichts mehr zu kopieren ist.',
  'The device is gone, or I accept the loss of what only it has.':
    'Das Gerät ist weg, oder ich nehme den Verlust dessen hin, was nur dort liegt.',
  'this device^badge': 'dieses Gerät',
  'always on': 'immer an',
  'Space used on {name}': 'Belegter Platz auf {name}',
  'Actions for {name}': 'Aktionen für {name}',
  Edit: 'Bearbeiten',
  'Use it again': 'Wieder verwenden',
  'Move its copies elsewhere…': 'Kopien verlagern …',
  'Remove…': 'Entfernen …',
  online: 'erreichbar',
  'off^device': 'aus',
  'last seen {ago}': 'zuletzt gesehen {ago}',
  'space not known yet': 'Platz noch unbekannt',
  '{size} stored, takes no new copies': '{size} gespeichert, nimmt keine neuen Kopien an',
  'Moving its copies elsewhere…': 'Kopien werden verlagert …',
  'Moving its copies elsewhere: {size} left to copy.':
    'Kopien werden verlagert: Noch {size} sind zu kopieren.',
  'Other devices have a copy of everything on it.':
    'Andere Geräte haben eine Kopie von allem, was darauf liegt.',
  'It keeps its own {size} until you remove it, which is safe now.':
    'Es behält seine eigenen {size}, bis du es entfernst; das ist jetzt gefahrlos.',
  'Removing it is safe now.': 'Du kannst es jetzt gefahrlos entfernen.',

  'Storage folders on {name}': 'Speicherordner auf {name}',
  'Storage folders': 'Speicherordner',
  'Add a folder': 'Ordner hinzufügen',
  'This device stores no copies yet. Add a folder for them.':
    'Dieses Gerät speichert noch keine Kopien. Füge einen Ordner dafür hinzu.',
  '{size} stored': '{size} gespeichert',
  'Actions for {path}': 'Aktionen für {path}',
  'Change size limit': 'Größe ändern',
  'The disk works: use it again': 'Das Laufwerk ist in Ordnung: wieder verwenden',
  'Stop using this folder…': 'Ordner nicht mehr verwenden …',
  'Add a storage folder': 'Speicherordner hinzufügen',
  'Add folder': 'Hinzufügen',
  'Path of the folder on this device': 'Pfad des Ordners auf diesem Gerät',
  'For example /mnt/usb.': 'Zum Beispiel /mnt/usb.',
  'Size limit in GB': 'Höchstens so viele GB',
  'Leave it empty to use half of the free space.': 'Leer: die Hälfte des freien Platzes.',
  'Enter a number of GB.': 'Gib eine Zahl in GB ein.',
  '“{typed}” is not a number of {unit}: write one such as 250 or 2.5.':
    '„{typed}“ ist keine Zahl in {unit}: Schreib eine wie 250 oder 2,5.',
  'Size limit of {path}': 'Größe von {path}',
  '{size} are used now. Copies beyond the limit move to other folders and devices.':
    'Jetzt sind {size} belegt. Was darüber liegt, zieht in andere Ordner und auf andere Geräte um.',
  'Move the copies in {path} elsewhere?': 'Kopien in {path} verlagern?',
  'They move to the other folders of this device and to your other devices. The folder takes no new copies. You can use it again at any time.':
    'Sie ziehen in die anderen Ordner dieses Geräts und auf deine anderen Geräte um. Der Ordner nimmt keine neuen Kopien an. Du kannst ihn jederzeit wieder verwenden.',
  '{size} are in it.': 'Darin liegen {size}.',
  'Stop using {path}?': '{path} nicht mehr verwenden?',
  'Stop using it': 'Nicht mehr verwenden',
  'Copies in this folder will no longer count. To lose none, move them elsewhere first and wait until the folder is empty.':
    'Kopien in diesem Ordner zählen nicht mehr. Damit keine verloren geht, verlagere sie zuerst und warte, bis der Ordner leer ist.',
  'in use': 'in Gebrauch',
  'full^disk': 'voll',
  'moving copies': 'wird geleert',
  'not found': 'nicht gefunden',
  'not working': 'funktioniert nicht',
  'losing data': 'verliert Daten',
  empty: 'leer',
  'Speed limits saved.': 'Geschwindigkeit gespeichert.',
  Speed: 'Geschwindigkeit',
  'How fast this device may copy to and from other devices. Leave a speed empty for no limit. Leave the times empty to limit the speed at all hours.':
    'Wie schnell dieses Gerät mit anderen kopieren darf. Ohne Geschwindigkeit gilt keine Grenze, ohne Zeiten gilt sie rund um die Uhr.',
  'Save limits': 'Grenzen speichern',
  'Saving…': 'Wird gespeichert …',
  'Upload limit in MB/s': 'Hochladen höchstens (MB/s)',
  'Download limit in MB/s': 'Herunterladen höchstens (MB/s)',
  'Limited from': 'Begrenzt von',
  'Limited until': 'Begrenzt bis',
  'Also limit copies within the local network': 'Auch Kopien im lokalen Netz begrenzen',
  'Enter both times, for example 08:00 and 22:00, or neither.':
    'Gib beide Zeiten ein, zum Beispiel 08:00 und 22:00, oder keine.',

  'Loading…': 'Wird geladen …',
  'What needs attention': 'Was Aufmerksamkeit braucht',
  'Go to devices': 'Zu den Geräten',
  Review: 'Ansehen',
  Copies: 'Kopien',
  'No files are stored yet.': 'Noch sind keine Dateien gespeichert.',
  '{count} {count|chunk|chunks}': '{count} {count|Stück|Stücke}',
  '{count} {count|chunk|chunks}, {size} per copy. A chunk is an encrypted piece of a file. {offSite}':
    '{count} {count|Stück|Stücke}, {size} je Kopie. Ein Stück ist ein verschlüsselter Teil einer Datei. {offSite}',
  'Device locations are not set.': 'Die Orte der Geräte sind nicht angegeben.',
  'Every chunk has copies in at least two of {places} places.':
    'Jedes Stück hat Kopien an mindestens zwei von {places} Orten.',
  '{count} {count|chunk has|chunks have} copies in only one of {places} places.':
    '{count} {count|Stück hat|Stücke haben} Kopien an nur einem von {places} Orten.',
  '{count} {count|copy|copies}': '{count} {count|Kopie|Kopien}',
  '{count} {count|copy|copies} checked, {bad} bad': '{count} {count|Kopie|Kopien} geprüft, {bad} schlecht',
  'Background work on this device': 'Hintergrundarbeit auf diesem Gerät',
  Repair: 'Reparatur',
  'Nothing to repair.': 'Nichts zu reparieren.',
  '{active} in progress, {queued} waiting.': '{active} in Arbeit, {queued} warten.',
  '{active} in progress, {queued} waiting, about {time} left.':
    '{active} in Arbeit, {queued} warten, noch etwa {time}.',
  'Check of all copies': 'Prüfung aller Kopien',
  'In progress: {found}.': 'Läuft: {found}.',
  'Not done yet.': 'Noch nicht gemacht.',
  'Done {ago}: {found}.': 'Fertig {ago}: {found}.',
  'Done {ago}; there were no copies yet.': 'Fertig {ago}; es gab noch keine Kopien.',
  'Restore test from other devices': 'Probe der Wiederherstellung von anderen Geräten',
  'Done {ago}: {restored} of {count} {count|file|files} restored.':
    'Fertig {ago}: {restored} von {count} {count|Datei|Dateien} wiederhergestellt.',
  Repairs: 'Reparaturen',
  'Chunks by number of copies': 'Stücke nach Zahl der Kopien',
  'The unused chunks go to a trash folder now and are deleted later.':
    'Die ungenutzten Stücke kommen jetzt in einen Papierkorb und werden später gelöscht.',
  'Unused chunks': 'Ungenutzte Stücke',
  'Delete them': 'Löschen',
  '{count} {count|chunk|chunks} ({size}) on this device belong to no file, the oldest since {at}.':
    '{count} {count|Stück|Stücke} ({size}) auf diesem Gerät gehören zu keiner Datei, die ältesten seit {at}.',
  '{count} {count|chunk|chunks} ({size}) on this device belong to no file.':
    '{count} {count|Stück|Stücke} ({size}) auf diesem Gerät gehören zu keiner Datei.',
  '{count} {count|chunk|chunks} ({size}) would go, more than anybody deleted. Look first whether files are missing, here and on your other devices.':
    '{count} {count|Stück|Stücke} ({size}) würden verschwinden, mehr als jemand gelöscht hat. Sieh zuerst nach, ob Dateien fehlen, hier und auf deinen anderen Geräten.',

  'This machine': 'Dieser Rechner',
  Processor: 'Prozessor',
  Memory: 'Arbeitsspeicher',
  Disk: 'Festplatte',
  'Disk {number}': 'Festplatte {number}',
  '{percent}% of {count} {count|core|cores}': '{percent} % von {count} {count|Kern|Kernen}',
  '{used} of {total} used, {own} by peerstor': '{used} von {total} belegt, {own} durch peerstor',
  '{free} free of {total}': '{free} frei von {total}',
  Network: 'Netzwerk',
  Temperature: 'Temperatur',
  'Switched on for': 'Eingeschaltet seit',
  Version: 'Version',
  'This system does not tell.': 'Dieses System verrät es nicht.',
  '{received} per second in, {sent} per second out': '{received} je Sekunde herein, {sent} je Sekunde hinaus',

  'Pause for an hour': 'Eine Stunde anhalten',
  'Resume^work': 'Fortsetzen',
  'paused until {time}': 'angehalten bis {time}',
  'What if a device were lost?': 'Was wäre, wenn ein Gerät verloren ginge?',
  'Lost device': 'Verlorenes Gerät',
  'Choose a device': 'Wähle ein Gerät',
  'Transfers of the last {count} days': 'Übertragungen der letzten {count} Tage',
  'Sent and received by this device, by day': 'Von diesem Gerät gesendet und empfangen, nach Tagen',
  'By device': 'Nach Geräten',
  '{sent} sent, {received} received': '{sent} gesendet, {received} empfangen',
  'Space on each device': 'Platz auf jedem Gerät',
  Connections: 'Verbindungen',
  'Table of connections': 'Tabelle der Verbindungen',
  Device: 'Gerät',
  'Connected to': 'Verbunden mit',
  'Sent to it': 'Dorthin gesendet',
  'Received from it': 'Von dort empfangen',
  Page: 'Seite',
  'Bytes are counted since this device started.': 'Gezählt wird, seit dieses Gerät läuft.',
  '{name} ({rtt} ms)': '{name} ({rtt} ms)',
  '{size}, {speed}/s': '{size}, {speed}/s',
  'Lend it anyway': 'Trotzdem verwenden',
  'The folder {path} does not exist. It would be made.':
    'Den Ordner {path} gibt es nicht. Er würde angelegt.',
  'It is on the disk of the operating system: when that is full, this machine may stop working.':
    'Er liegt auf dem Laufwerk des Betriebssystems: Ist das voll, bleibt dieser Rechner vielleicht stehen.',
  'It is on the same disk as {folders}: if that disk fails, both are lost.':
    'Er liegt auf demselben Laufwerk wie {folders}: Fällt es aus, sind beide weg.',
  'Only {free} of {total} are free there.': 'Dort sind nur {free} von {total} frei.',
  'Encryption in the local network': 'Verschlüsselung im lokalen Netz',
  'Chunks are encrypted': 'Stücke werden verschlüsselt',
  'Once: chunks are encrypted already': 'Einmal: Stücke sind schon verschlüsselt',
  'Twice: the connection is encrypted, too': 'Zweimal: auch die Verbindung ist verschlüsselt',
  'Nobody can read a chunk in either case. Once is faster; twice also hides how large chunks are and which they are. Outside of your network it is always twice.':
    'Ein Stück kann so oder so niemand lesen. Einmal ist schneller; zweimal verbirgt auch, wie groß Stücke sind und welche. Außerhalb deines Netzes ist es immer zweimal.',
} as const;
