/**
 * What a device says by itself, in German. The keys are its English sentences, as `src` makes them, with `{name}` where it
 * fills something in; more special ones come before more general ones. What is missing here stays English.
 */
export const deviceSentences: Readonly<Record<string, string>> = {
  // src/node/health/health.ts
  'Nothing is stored yet.': 'Noch ist nichts gespeichert.',
  'Nothing is stored yet. You have {members} of {wanted} devices: add a device for {copies} copies.':
    'Noch ist nichts gespeichert. Du hast {members} von {wanted} Geräten: Füge eines hinzu für {copies} Kopien.',
  'Nothing is stored yet. You have {members} of {wanted} devices: add {more} devices for {copies} copies.':
    'Noch ist nichts gespeichert. Du hast {members} von {wanted} Geräten: Füge {more} hinzu für {copies} Kopien.',
  '{missing} of {total} chunks are offline: their devices are off.':
    '{missing} von {total} Stücken sind nicht erreichbar: Ihre Geräte sind aus.',
  'Every file has {wanted} copies on different devices.':
    'Jede Datei hat {wanted} Kopien auf verschiedenen Geräten.',
  'Every file has at least {fewest} of {wanted} copies online: add a device.':
    'Von jeder Datei sind mindestens {fewest} von {wanted} Kopien erreichbar: Füge ein Gerät hinzu.',
  'Every file has at least {fewest} of {wanted} copies online: add {more} devices.':
    'Von jeder Datei sind mindestens {fewest} von {wanted} Kopien erreichbar: Füge {more} Geräte hinzu.',
  'Every file has at least {fewest} of {wanted} copies online: one device is off.':
    'Von jeder Datei sind mindestens {fewest} von {wanted} Kopien erreichbar: Ein Gerät ist aus.',
  'Every file has at least {fewest} of {wanted} copies online: {off} devices are off.':
    'Von jeder Datei sind mindestens {fewest} von {wanted} Kopien erreichbar: {off} Geräte sind aus.',
  'Every file has at least {fewest} of {wanted} copies online; the missing copies are being made.':
    'Von jeder Datei sind mindestens {fewest} von {wanted} Kopien erreichbar; die fehlenden entstehen gerade.',

  // src/node/health/health-alerts.ts
  'A folder of {device} is missing, and so are the copies in it.':
    'Ein Ordner von {device} fehlt, und mit ihm die Kopien darin.',
  'The folder {path} on {device} is missing, and so are the copies in it.':
    'Der Ordner {path} auf {device} fehlt, und mit ihm die Kopien darin.',
  'Plug the drive in again, or choose another folder.':
    'Schließ das Laufwerk wieder an, oder wähle einen anderen Ordner.',
  'A folder of {device} is on a disk that takes no writes at this moment.':
    'Ein Ordner von {device} liegt auf einem Laufwerk, das gerade nichts annimmt.',
  'The folder {path} on {device} is on a disk that takes no writes at this moment.':
    'Der Ordner {path} auf {device} liegt auf einem Laufwerk, das gerade nichts annimmt.',
  'Check how the disk is mounted, and its file system. The folder is used again as soon as it takes writes.':
    'Prüfe, wie das Laufwerk eingebunden ist, und sein Dateisystem. Sobald es wieder schreibt, wird der Ordner wieder verwendet.',
  'A folder of {device} is on a disk that fails to write.':
    'Ein Ordner von {device} liegt auf einem Laufwerk, das nicht mehr schreibt.',
  'The folder {path} on {device} is on a disk that fails to write.':
    'Der Ordner {path} auf {device} liegt auf einem Laufwerk, das nicht mehr schreibt.',
  'Replace the disk; everything on it has copies elsewhere or is listed here.':
    'Ersetze das Laufwerk; alles darauf hat anderswo Kopien oder steht hier.',
  'A folder of {device} is on a disk that loses data that was written to it.':
    'Ein Ordner von {device} liegt auf einem Laufwerk, das Daten verliert.',
  'The folder {path} on {device} is on a disk that loses data that was written to it.':
    'Der Ordner {path} auf {device} liegt auf einem Laufwerk, das Daten verliert.',
  'Drain the folder and replace the disk; if the disk is sound, say so by setting the folder to active.':
    'Leere den Ordner und ersetze das Laufwerk; ist es in Ordnung, verwende den Ordner wieder.',
  'A folder of {device} is full.': 'Ein Ordner von {device} ist voll.',
  'The folder {path} on {device} is full.': 'Der Ordner {path} auf {device} ist voll.',
  'Lend more space or add a device.': 'Gib mehr Platz her, oder füge ein Gerät hinzu.',
  'A folder of {device} is {percent} % full. At 95 % it takes no more copies.':
    'Ein Ordner von {device} ist zu {percent} % voll. Ab 95 % nimmt er keine Kopien mehr an.',
  'The folder {path} on {device} is {percent} % full. At 95 % it takes no more copies.':
    'Der Ordner {path} auf {device} ist zu {percent} % voll. Ab 95 % nimmt er keine Kopien mehr an.',
  '1 chunk has to leave the folders of {name}. They stay until two other devices have them.':
    '1 Stück muss die Ordner von {name} verlassen. Es bleibt, bis zwei andere Geräte es haben.',
  '{count} chunks have to leave the folders of {name}. They stay until two other devices have them.':
    '{count} Stücke müssen die Ordner von {name} verlassen. Sie bleiben, bis zwei andere Geräte sie haben.',
  'Lend another folder here, turn on or add another device, or end the draining.':
    'Gib hier einen weiteren Ordner her, schalte ein Gerät ein oder füge eines hinzu, oder brich das Leeren ab.',
  'The scrub of {name} found 1 bad copy among {total}. Each is replaced from another device.':
    'Die Prüfung auf {name} fand 1 schlechte Kopie unter {total}. Sie wird von einem anderen Gerät ersetzt.',
  'The scrub of {name} found {bad} bad copies among {total}. Each is replaced from another device.':
    'Die Prüfung auf {name} fand {bad} schlechte Kopien unter {total}. Jede wird von einem anderen Gerät ersetzt.',
  'If it happens again, replace the disk.': 'Geschieht es wieder, ersetze das Laufwerk.',
  'A restore drill could not read {failed} of 1 file back from the other devices, although they claim to have the copies.':
    'Eine Probe der Wiederherstellung konnte {failed} von 1 Datei nicht von den anderen Geräten lesen, obwohl sie die Kopien angeblich haben.',
  'A restore drill could not read {failed} of {files} files back from the other devices, although they claim to have the copies.':
    'Eine Probe der Wiederherstellung konnte {failed} von {files} Dateien nicht von den anderen Geräten lesen, obwohl sie die Kopien angeblich haben.',
  'Leave the devices on until the copies are made again; if it happens again, look at which one has bad copies in the logs and replace its disk.':
    'Lass die Geräte an, bis die Kopien wieder da sind; geschieht es wieder, sieh in den Protokollen nach, welches schlechte Kopien hat, und ersetze sein Laufwerk.',
  '{single} of {total} chunks have only one copy online.':
    'Von {single} der {total} Stücke ist nur eine Kopie erreichbar.',
  'Turn on the devices that are off, or leave these on until there are more copies.':
    'Schalte die Geräte ein, die aus sind, oder lass diese an, bis es mehr Kopien gibt.',
  'You have 1 device; {copies} copies need {wanted}. Several folders or drives of one device count as one copy.':
    'Du hast 1 Gerät; {copies} Kopien brauchen {wanted}. Mehrere Ordner oder Laufwerke eines Geräts zählen als eine Kopie.',
  'You have {members} devices; {copies} copies need {wanted}. Several folders or drives of one device count as one copy.':
    'Du hast {members} Geräte; {copies} Kopien brauchen {wanted}. Mehrere Ordner oder Laufwerke eines Geräts zählen als eine Kopie.',
  'You have 1 device; {copies} copies need {wanted}.': 'Du hast 1 Gerät; {copies} Kopien brauchen {wanted}.',
  'You have {members} devices; {copies} copies need {wanted}.':
    'Du hast {members} Geräte; {copies} Kopien brauchen {wanted}.',
  'Add a device.': 'Füge ein Gerät hinzu.',
  'Add {count} devices.': 'Füge {count} Geräte hinzu.',
  'All copies of {count} chunks are in one place: a fire or a theft there would take them all.':
    'Alle Kopien von {count} Stücken sind an einem Ort: Ein Feuer oder Diebstahl dort nähme sie alle.',
  'Turn on a device in another place, or add one.':
    'Schalte ein Gerät an einem anderen Ort ein, oder füge eines hinzu.',
  '{count} files could not be checked yet: the lists of their chunks are on devices that are off.':
    '{count} Dateien ließen sich noch nicht prüfen: Die Listen ihrer Stücke sind auf Geräten, die aus sind.',
  'This device and {name} speak no common version: they exchange no files and no changes.':
    'Dieses Gerät und {name} sprechen keine gemeinsame Version: sie tauschen keine Dateien und keine Änderungen aus.',
  'Update peerstor on the older one of the two.': 'Aktualisiere peerstor auf dem älteren der beiden.',
  '{name} has been off for {days} days.': '{name} ist seit {days} Tagen aus.',
  'Turn it on, or remove it if it is gone for good.':
    'Schalte es ein, oder entferne es, wenn es nicht wiederkommt.',
  'The clock of {name} is {minutes} minutes behind the clocks of the other devices: no file can be changed on it.':
    'Die Uhr von {name} geht gegen die anderen Geräte {minutes} Minuten nach: Dort lässt sich keine Datei ändern.',
  'The clock of {name} is {minutes} minutes ahead of the clocks of the other devices: no file can be changed on it.':
    'Die Uhr von {name} geht gegen die anderen Geräte {minutes} Minuten vor: Dort lässt sich keine Datei ändern.',
  'Set the clock of this machine.': 'Stelle die Uhr dieses Rechners.',
  '{count} chunks seem unneeded, more than users deleted. They are kept until an admin agrees to delete them.':
    '{count} Stücke scheinen unnötig, mehr als Benutzer gelöscht haben. Sie bleiben, bis ein Verwalter der Löschung zustimmt.',
  'Look at what is missing; if nothing is, agree to the deletion.':
    'Sieh nach, was fehlt; fehlt nichts, stimme der Löschung zu.',

  // src/replication: receipts
  '1 chunk had too few copies; copied again.': '1 Stück hatte zu wenige Kopien; neu kopiert.',
  '{count} chunks had too few copies; copied again.': '{count} Stücke hatten zu wenige Kopien; neu kopiert.',
  '1 chunk was lost with {names}; copied again.': '1 Stück ging mit {names} verloren; neu kopiert.',
  '{count} chunks were lost with {names}; copied again.':
    '{count} Stücke gingen mit {names} verloren; neu kopiert.',
  '1 chunk rotted on {name}; repaired.': '1 Stück ist auf {name} verdorben; repariert.',
  '{count} chunks rotted on {name}; repaired.': '{count} Stücke sind auf {name} verdorben; repariert.',

  // src/store/volumes
  'The volume {path} is gone (unplugged, unmounted or deleted): its chunks do not count until it is back.':
    'Der Ordner {path} ist weg (abgezogen, ausgehängt oder gelöscht): Seine Stücke zählen erst wieder, wenn er zurück ist.',
  'The volume {path} is used by another device now: its chunks do not count here.':
    'Den Ordner {path} verwendet jetzt ein anderes Gerät: Seine Stücke zählen hier nicht.',

  // The audit log.
  'Somebody signed in.': 'Jemand hat sich angemeldet.',
  'A sign-in was refused: {code}.': 'Eine Anmeldung wurde abgelehnt: {code}.',
  'A sign-in of {username} was refused: {code}.': 'Eine Anmeldung von {username} wurde abgelehnt: {code}.',
  'The password was changed; older sessions ended.':
    'Das Passwort wurde geändert; ältere Anmeldungen endeten.',
  'The recovery words were shown again.': 'Die Wiederherstellungswörter wurden noch einmal gezeigt.',
  'New recovery words were made; the old ones ended.':
    'Neue Wiederherstellungswörter wurden erzeugt; die alten gelten nicht mehr.',
  'The recovery words ended the second factor.':
    'Die Wiederherstellungswörter schalteten den zweiten Faktor ab.',
  'Signing in asks for a code of an authenticator app from now on.':
    'Ab jetzt wird bei der Anmeldung ein Code aus einer Authenticator-App verlangt.',
  'Signing in asks for no code any more.': 'Bei der Anmeldung wird kein Code mehr verlangt.',
  'An invite for a new {role} was made.': 'Eine Einladung wurde angelegt ({role}).',
  'A new user registered by an invite.': 'Ein neuer Benutzer kam über eine Einladung.',
  'A link was made ({rights}).': 'Ein Link wurde erstellt ({rights}).',
  'A link was taken back.': 'Ein Link wurde beendet.',
  'Something was shared with {username} ({rights}).': 'Etwas wurde für {username} freigegeben ({rights}).',
  'Something is not shared with {username} any more.': 'Etwas ist für {username} nicht mehr freigegeben.',
  'An access token was made ({rights}).': 'Ein Zugangsschlüssel wurde angelegt ({rights}).',
  'An access token was taken back.': 'Ein Zugangsschlüssel wurde widerrufen.',
  'A share link was refused: {code}.': 'Ein Freigabelink wurde abgelehnt: {code}.',
  'A device tried to join with a wrong pairing code.':
    'Ein Gerät versuchte, mit einem falschen Kopplungscode beizutreten.',
  '{name} joined the network.': '{name} ist dem Netz beigetreten.',
  '{before} was renamed to {name}.': '{before} wurde in {name} umbenannt.',
  '{name} is draining: its copies move to other devices.':
    '{name} wird geleert: Seine Kopien ziehen auf andere Geräte um.',
  '{name} takes copies again.': '{name} nimmt wieder Kopien an.',
  '{name} was removed from the network, and the data that only it had was given up.':
    '{name} wurde aus dem Netz entfernt, und was nur dort lag, wurde aufgegeben.',
  '{name} was removed from the network.': '{name} wurde aus dem Netz entfernt.',
  'Storage folders changed on {name}.': 'Speicherordner von {name} wurden geändert.',
  'An admin agreed to delete {count} chunks that no file needs.':
    'Ein Verwalter stimmte zu, {count} Stücke zu löschen, die keine Datei braucht.',
  'A backup was added on {device}.': 'Auf {device} wurde eine Sicherung hinzugefügt.',
  'A backup was removed on {device}.': 'Auf {device} wurde eine Sicherung entfernt.',

  // Backups.
  'It is running.': 'Sie läuft.',
  'Stopped; the next run goes on.': 'Angehalten; der nächste Lauf macht weiter.',
  'The device ended while it ran; the next run goes on.':
    'Das Gerät wurde dabei beendet; der nächste Lauf macht weiter.',

  'Nothing was changed.': 'Nichts wurde geändert.',
  'Files: {added} new, {changed} changed, {moved} moved, {deleted} deleted, {unchanged} unchanged.':
    'Dateien: {added} neu, {changed} geändert, {moved} verschoben, {deleted} gelöscht, {unchanged} unverändert.',
  'Files: {added} new, {changed} changed, {moved} moved, {unchanged} unchanged.':
    'Dateien: {added} neu, {changed} geändert, {moved} verschoben, {unchanged} unverändert.',
  'Files: {added} new, {changed} changed, {moved} moved, {unchanged} unchanged, {gone} are gone from the folder, and stay in the drive.':
    'Dateien: {added} neu, {changed} geändert, {moved} verschoben, {unchanged} unverändert; {gone} gibt es im Ordner nicht mehr, sie bleiben in der Ablage.',
  '{waiting} are being written, and are saved when they are left alone.':
    '{waiting} werden gerade geschrieben und danach gesichert.',
  '{count} could not be saved.': '{count} ließen sich nicht sichern.',
  '1 symbolic link is left out.': '1 symbolischer Link bleibt weg.',
  '{count} symbolic links are left out.': '{count} symbolische Links bleiben weg.',
  '{count} could not be restored.': '{count} ließen sich nicht zurückholen.',
  '{count} could not be read from it; they come from other devices that have them.':
    '{count} ließen sich daraus nicht lesen; sie kommen von anderen Geräten, die sie haben.',
  'The backup "{name}" stopped: {why}': 'Die Sicherung „{name}“ hielt an: {why}',
  'The last run of the backup "{name}" failed: {why}':
    'Der letzte Lauf der Sicherung „{name}“ schlug fehl: {why}',
  'The backup was stopped.': 'Die Sicherung wurde angehalten.',
  'This backup is paused: resume it first.': 'Diese Sicherung ist angehalten: Setze sie erst fort.',
  'The access of this backup to its folder in the drive was revoked, as a new password does: resume the backup to give it access again.':
    'Der Zugang dieser Sicherung zu ihrem Ordner in der Ablage wurde beendet, etwa durch ein neues Passwort: Setze sie fort, um ihn zu erneuern.',
  'Only backups of an admin run, and its owner is none any more.':
    'Nur Sicherungen von Verwaltern laufen, und diese gehört keinem mehr.',

  // src/backup/profiles/brake.ts
  '{gone} of {known} files are gone from the folder, and {noisy} were rewritten into what looks like encrypted data, and {earlier} went the same way within a day.':
    '{gone} von {known} Dateien gibt es im Ordner nicht mehr, {noisy} sehen jetzt wie verschlüsselt aus, und {earlier} traf das innerhalb eines Tages schon vorher.',
  '{gone} of {known} files are gone from the folder, and {noisy} were rewritten into what looks like encrypted data.':
    '{gone} von {known} Dateien gibt es im Ordner nicht mehr, und {noisy} sehen jetzt wie verschlüsselt aus.',
  '{gone} of {known} files are gone from the folder, and {earlier} went the same way within a day.':
    '{gone} von {known} Dateien gibt es im Ordner nicht mehr, und {earlier} traf das innerhalb eines Tages schon vorher.',
  '{gone} of {known} files are gone from the folder.':
    '{gone} von {known} Dateien gibt es im Ordner nicht mehr.',
  '{noisy} were rewritten into what looks like encrypted data, and {earlier} went the same way within a day.':
    '{noisy} Dateien sehen jetzt wie verschlüsselt aus, und {earlier} traf das innerhalb eines Tages schon vorher.',
  '{noisy} were rewritten into what looks like encrypted data.':
    '{noisy} Dateien sehen jetzt wie verschlüsselt aus.',
  'Nothing was changed in the drive.': 'In der Ablage wurde nichts geändert.',
  'Look at the folder; if this is right, resume the backup.':
    'Sieh dir den Ordner an; wenn das gewollt ist, setze die Sicherung fort.',

  // src/replication/garbage/garbage-plan.ts
  'The clock of this device is wrong, or no other device has agreed with it yet.':
    'Die Uhr dieses Geräts geht falsch, oder noch kein anderes Gerät hat sie bestätigt.',
  'The list of all files is not complete on this device yet.':
    'Die Liste aller Dateien ist auf diesem Gerät noch nicht vollständig.',
  'What some files are made of is not known: what lists their chunks is on a device that is off.':
    'Woraus einige Dateien bestehen, ist nicht bekannt: Die Liste ihrer Stücke ist auf einem Gerät, das aus ist.',
  'A volume of this device is not there.': 'Ein Speicherordner dieses Geräts fehlt.',

  // src/backup
  'The adopted folder "{name}" is not there: its files come from other devices meanwhile.':
    'Der übernommene Ordner „{name}“ ist nicht da: Seine Dateien kommen einstweilen von anderen Geräten.',
  'Plug its drive in again.': 'Schließe sein Laufwerk wieder an.',
  'It waits until this machine is on mains power.': 'Sie wartet, bis dieser Rechner am Netz hängt.',
  'It waits for a line that is not paid by volume.':
    'Sie wartet auf eine Verbindung, die nicht nach Menge bezahlt wird.',
  'Restored to {folder}: {added} new, {changed} replaced, {unchanged} were there already.':
    'Zurückgeholt nach {folder}: {added} neu, {changed} ersetzt, {unchanged} waren schon da.',
  'Imported: this device has {chunks} pieces of its own now, and the folder is not needed any more.':
    'Importiert: Dieses Gerät hat jetzt {chunks} eigene Stücke, und der Ordner wird nicht mehr gebraucht.',
};
