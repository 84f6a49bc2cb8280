/** Details, tags, versions and previews of files. */
export const files = {
  'This part of the page could not be loaded. Is the device still on?':
    'Dieser Teil der Seite konnte nicht geladen werden. Ist das Gerät noch an?',

  // Details.
  Details: 'Details',
  'Close details': 'Details schließen',
  'Select a file or folder to see its details.': 'Wähle eine Datei oder einen Ordner, um Details zu sehen.',
  '{count} {count|file|files}': '{count} {count|Datei|Dateien}',
  '{count} {count|folder|folders}': '{count} {count|Ordner|Ordner}',
  Files: 'Dateien',
  'Open {name}': '{name} öffnen',
  Type: 'Art',
  'unknown^type': 'unbekannt',
  Added: 'Hinzugefügt',
  Owner: 'Eigentümer',
  'owned by {owner}': 'gehört {owner}',
  Dimensions: 'Abmessungen',
  'Taken^picture': 'Aufgenommen',

  // Copies.
  'No copies are known yet.': 'Noch sind keine Kopien bekannt.',
  'has a full copy ({all} {all|chunk|chunks})': 'hat eine ganze Kopie ({all} {all|Stück|Stücke})',
  'has {count} of {all} {all|chunk|chunks}': 'hat {count} von {all} {all|Stück|Stücken}',
  'not checked yet': 'noch nicht geprüft',
  'last checked {ago}': 'zuletzt geprüft: {ago}',

  // Who has access, and what happened.
  'Who has access': 'Wer Zugriff hat',
  'Only you.': 'Nur du.',
  'Manage access': 'Zugriff verwalten',
  'Anyone with the link': 'Alle mit dem Link',
  'with a password': 'mit einem Passwort',
  'until {time}': 'bis {time}',
  'by the folder “{name}”': 'durch den Ordner „{name}“',
  Activity: 'Aktivität',
  'Folder created': 'Ordner angelegt',
  'File added': 'Datei hinzugefügt',
  'New content, {size}': 'Neuer Inhalt, {size}',
  'Shared with {username}, who {rights}': 'Mit {username} geteilt: {rights}',
  'Link created': 'Link erstellt',

  // Tags.
  Tags: 'Schlagwörter',
  'Tags of all of them': 'Schlagwörter von allen',
  'Tags of {names}': 'Schlagwörter von {names}',
  'A tag finds things again, wherever they are. Choose one to see everything that has it.':
    'Ein Schlagwort findet Dinge wieder, wo immer sie sind. Wähle eines, um alles zu sehen, was es hat.',
  'Everything tagged “{name}”': 'Alles mit dem Schlagwort „{name}“',
  'Remove the tag {name}': 'Schlagwort {name} entfernen',
  'No tags.': 'Keine Schlagwörter.',
  'New tag': 'Neues Schlagwort',
  'Add a tag': 'Schlagwort hinzufügen',
  Add: 'Hinzufügen',
  '{names} tagged “{tag}”.': '{names} hat jetzt das Schlagwort „{tag}“.',
  '{names} no longer tagged “{tag}”.': '{names} hat das Schlagwort „{tag}“ nicht mehr.',

  // Versions.
  Versions: 'Versionen',
  current: 'aktuell',
  '“{name}” has the content of {time} again.': '„{name}“ hat wieder den Inhalt vom {time}.',
  'Show the version of {time}': 'Version vom {time} zeigen',
  'Compare the version of {time} with the current one': 'Version vom {time} mit der aktuellen vergleichen',
  'Download the version of {time}': 'Version vom {time} herunterladen',
  'Name the version of {time}': 'Version vom {time} benennen',
  'Restore the version of {time}': 'Version vom {time} wiederherstellen',
  'Name this version': 'Version benennen',
  'A version with a name is kept for good. Leave the field empty to take the name away.':
    'Eine Version mit Namen bleibt für immer. Lass das Feld leer, um den Namen zu entfernen.',
  'Changes in {name}': 'Änderungen in {name}',
  '{added} {added|line|lines} added, {removed} removed':
    '{added} {added|Zeile|Zeilen} hinzugefügt, {removed} entfernt',
  'Close comparison': 'Vergleich schließen',
  'Comparing…': 'Wird verglichen …',
  'These versions are too different to be compared. Look at each by itself.':
    'Diese Versionen sind zu verschieden für einen Vergleich. Sieh dir jede für sich an.',
  'Only the beginning of these versions is compared.': 'Nur der Anfang dieser Versionen wird verglichen.',
  'Both versions are alike.': 'Beide Versionen sind gleich.',
  Now: 'Jetzt',

  // Previews.
  '{at} of {count}': '{at} von {count}',
  'Close preview': 'Vorschau schließen',
  'Download {name}': '{name} herunterladen',
  'Previous: {name}': 'Vorige: {name}',
  'Next: {name}': 'Nächste: {name}',
  'This file cannot be shown: its format is not supported, or it cannot be reached right now.':
    'Diese Datei lässt sich nicht zeigen: Ihr Format wird nicht unterstützt, oder sie ist gerade nicht erreichbar.',
  'This kind of file has no preview.': 'Für diese Art von Datei gibt es keine Vorschau.',
  'Open in a new tab': 'In neuem Tab öffnen',
  'Zoom in': 'Vergrößern',
  'Zoom out': 'Verkleinern',
  'Rotate the view': 'Ansicht drehen',
  'Wrap lines': 'Zeilen umbrechen',
  'Only the first {shown} of {size} are shown. Download the file to see all of it.':
    'Nur die ersten {shown} von {size} werden gezeigt. Lade die Datei herunter, um alles zu sehen.',
  'Only the first {count} rows are shown. Download the file ({size}) to see all of it.':
    'Nur die ersten {count} Zeilen werden gezeigt. Lade die Datei ({size}) herunter, um alles zu sehen.',
  'This PDF is protected by a password. Download it to open it.':
    'Diese PDF-Datei ist mit einem Passwort geschützt. Lade sie herunter, um sie zu öffnen.',
  'This PDF cannot be shown: it is damaged, or cannot be reached right now.':
    'Diese PDF-Datei lässt sich nicht zeigen: Sie ist beschädigt oder gerade nicht erreichbar.',
  'Page {number}': 'Seite {number}',
  'Show as written': 'Wie geschrieben zeigen',
  'Task^list': 'Aufgabe',
  picture: 'Bild',
  'The first {count} files of more': 'Die ersten {count} Dateien von mehr',
  'Filter files': 'Dateien filtern',
  Filter: 'Filter',
  'Files in the archive': 'Dateien im Archiv',
  '{count} more {count|file|files}': '{count} weitere {count|Datei|Dateien}',
  'No file in it matches.': 'Keine Datei darin passt.',
  'All files': 'Alle Dateien',
  'Only the beginning of this file is shown.': 'Nur der Anfang dieser Datei wird gezeigt.',
  'This file is damaged: it cannot be unpacked.':
    'Diese Datei ist beschädigt: Sie lässt sich nicht entpacken.',
  'This file needs too much memory to be shown here. Download it to unpack it.':
    'Diese Datei braucht zu viel Speicher, um hier gezeigt zu werden. Lade sie herunter, um sie zu entpacken.',
  'This is no whole ZIP file: its end is missing.': 'Das ist keine ganze ZIP-Datei: Ihr Ende fehlt.',
  'This file is encrypted with a password. Download the ZIP file to open it.':
    'Diese Datei ist mit einem Passwort verschlüsselt. Lade die ZIP-Datei herunter, um sie zu öffnen.',
  'This file is packed in a way that cannot be shown here. Download the ZIP file to open it.':
    'Diese Datei ist so gepackt, dass sie sich hier nicht zeigen lässt. Lade die ZIP-Datei herunter, um sie zu öffnen.',
  'This ZIP file is damaged: its list of files cannot be read.':
    'Diese ZIP-Datei ist beschädigt: Ihre Liste der Dateien ist nicht lesbar.',
} as const;
