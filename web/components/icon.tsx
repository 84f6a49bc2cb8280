import {
  ArrowDown,
  ArrowUp,
  Check,
  ChevronRight,
  CloudUpload,
  Copy,
  Download,
  Ellipsis,
  File,
  Folder,
  FolderPlus,
  HeartPulse,
  type IconNode,
  LogOut,
  MonitorSmartphone,
  PackageOpen,
  PenLine,
  Plus,
  Printer,
  RotateCcw,
  Settings,
  Share2,
  Trash2,
  Users,
  X,
} from 'lucide';
import { h } from 'preact';

const icons = {
  'arrow-down': ArrowDown,
  'arrow-up': ArrowUp,
  check: Check,
  close: X,
  copy: Copy,
  devices: MonitorSmartphone,
  download: Download,
  empty: PackageOpen,
  file: File,
  folder: Folder,
  'folder-plus': FolderPlus,
  health: HeartPulse,
  more: Ellipsis,
  next: ChevronRight,
  plus: Plus,
  print: Printer,
  rename: PenLine,
  restore: RotateCcw,
  settings: Settings,
  share: Share2,
  'sign-out': LogOut,
  trash: Trash2,
  upload: CloudUpload,
  users: Users,
} satisfies Record<string, IconNode>;

export type IconName = keyof typeof icons;

/** Decoration only: whatever it stands for is also said in text or in an aria-label. */
export function Icon({ name, class: extra = '' }: { name: IconName; class?: string }) {
  return (
    <svg
      class={`icon ${extra}`}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {icons[name].map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  );
}
