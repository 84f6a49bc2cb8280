/** What a file is, by its type and the ending of its name: which icon it gets and how it can be looked at. */
import type { EntryView } from '../../../src/model/api.ts';

export type FileIcon =
  | 'folder'
  | 'file'
  | 'file-image'
  | 'file-video'
  | 'file-audio'
  | 'file-text'
  | 'file-code'
  | 'file-sheet'
  | 'file-archive';

/** How the page shows a file; `none` where it can only be downloaded. */
export type Preview =
  | 'image'
  | 'video'
  | 'audio'
  | 'pdf'
  | 'markdown'
  | 'table'
  | 'zip'
  | 'compressed'
  | 'code'
  | 'text'
  | 'none';

const endings: Readonly<Record<string, FileIcon>> = {
  ...of('file-image', 'jpg jpeg png gif webp avif heic heif svg bmp tif tiff ico raw dng cr2 nef psd'),
  ...of('file-video', 'mp4 m4v mov mkv webm avi wmv mpg mpeg 3gp'),
  ...of('file-audio', 'mp3 m4a aac ogg oga opus flac wav aiff'),
  ...of('file-text', 'txt md markdown pdf doc docx odt rtf tex log epub pages'),
  ...of('file-sheet', 'csv tsv xls xlsx ods numbers'),
  ...of('file-archive', 'zip tar gz tgz bz2 xz zst 7z rar dmg iso'),
  ...of(
    'file-code',
    'js mjs cjs ts tsx jsx json json5 yaml yml toml ini conf env xml html htm css scss py rb rs go c h cc cpp hpp java kt swift cs php pl lua sh bash zsh fish ps1 bat sql graphql vue svelte dockerfile makefile diff patch',
  ),
};

function of(icon: FileIcon, names: string): Record<string, FileIcon> {
  return Object.fromEntries(names.split(' ').map((name) => [name, icon]));
}

/** Of a name without a dot, the name itself: Makefile, Dockerfile. */
function endingOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1).toLowerCase();
}

type Named = Pick<EntryView, 'kind' | 'name' | 'mime'>;

export function iconOf({ kind, name, mime }: Named): FileIcon {
  if (kind === 'folder') return 'folder';
  const type = mime ?? '';
  if (type.startsWith('image/')) return 'file-image';
  if (type.startsWith('video/')) return 'file-video';
  if (type.startsWith('audio/')) return 'file-audio';
  return endings[endingOf(name)] ?? (type.startsWith('text/') ? 'file-text' : 'file');
}

const imagesShown = /^image\/(jpeg|png|gif|webp|avif|svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)$/;
const imageEndings = /^(jpe?g|png|gif|webp|avif|svg|bmp|ico)$/;
const codeTypes = /^(text\/html|application\/(json|xml|javascript|x-sh|toml|yaml|x-yaml|sql))\b/;
const textEndings = /^(txt|log|tex|env|conf|ini)$/;

/** What the ending of a name says, where it says more than the type does. */
const previewEndings: Readonly<Record<string, Preview>> = {
  pdf: 'pdf',
  md: 'markdown',
  markdown: 'markdown',
  csv: 'table',
  tsv: 'table',
  zip: 'zip',
  zst: 'compressed',
  gz: 'compressed',
};
const previewTypes: Readonly<Record<string, Preview>> = {
  'application/pdf': 'pdf',
  'text/markdown': 'markdown',
  'text/csv': 'table',
  'text/tab-separated-values': 'table',
  'application/zip': 'zip',
};

/** Whatever the type claims: what is shown is sandboxed and never runs, so a wrong claim only looks wrong. */
export function previewOf({ name, mime, kind = 'file' }: Partial<Named> & Omit<Named, 'kind'>): Preview {
  if (kind === 'folder') return 'none';
  const type = (mime ?? '').split(';')[0] ?? '';
  const ending = endingOf(name);
  if (imagesShown.test(type) || (type === '' && imageEndings.test(ending))) return 'image';
  if (type.startsWith('video/') && endings[ending] !== 'file-code') return 'video';
  if (type.startsWith('audio/')) return 'audio';
  // A bundle of files in one stream: they could only be listed by unpacking all of it.
  if (/\.tar\.[a-z0-9]+$/i.test(name)) return 'none';
  const known = previewTypes[type] ?? previewEndings[ending];
  if (known !== undefined) return known;
  if (codeTypes.test(type) || endings[ending] === 'file-code') return 'code';
  if (type.startsWith('text/') || textEndings.test(ending)) return 'text';
  if (imageEndings.test(ending)) return 'image';
  return 'none';
}

/** Previews that are made of lines, which can be compared. */
export function isText(preview: Preview): boolean {
  return preview === 'text' || preview === 'code' || preview === 'markdown' || preview === 'table';
}
