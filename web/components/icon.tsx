import {
  ArrowDown,
  ArrowUp,
  Check,
  ChevronLeft,
  ChevronRight,
  CircleHelp,
  ClipboardPaste,
  Clock,
  CloudUpload,
  Copy,
  Download,
  Ellipsis,
  Eye,
  File,
  FileArchive,
  FileAudio,
  FileCode,
  FileImage,
  FileSpreadsheet,
  FileText,
  FileVideo,
  Folder,
  FolderInput,
  FolderPlus,
  FolderUp,
  HeartPulse,
  type IconNode,
  Images,
  Info,
  LayoutGrid,
  LibraryBig,
  List,
  LogOut,
  MonitorSmartphone,
  PackageOpen,
  Pause,
  PenLine,
  Play,
  Plus,
  Printer,
  RotateCcw,
  Scissors,
  Search,
  Settings,
  Share2,
  Star,
  StarOff,
  Trash2,
  Undo2,
  Users,
  X,
  ZoomIn,
  ZoomOut,
} from 'lucide';
import { h } from 'preact';

const icons = {
  'arrow-down': ArrowDown,
  'arrow-up': ArrowUp,
  back: ChevronLeft,
  check: Check,
  clock: Clock,
  close: X,
  copy: Copy,
  cut: Scissors,
  devices: MonitorSmartphone,
  download: Download,
  empty: PackageOpen,
  eye: Eye,
  file: File,
  'file-archive': FileArchive,
  'file-audio': FileAudio,
  'file-code': FileCode,
  'file-image': FileImage,
  'file-sheet': FileSpreadsheet,
  'file-text': FileText,
  'file-video': FileVideo,
  folder: Folder,
  'folder-plus': FolderPlus,
  'folder-up': FolderUp,
  album: LibraryBig,
  health: HeartPulse,
  help: CircleHelp,
  info: Info,
  list: List,
  more: Ellipsis,
  move: FolderInput,
  next: ChevronRight,
  paste: ClipboardPaste,
  pause: Pause,
  photos: Images,
  play: Play,
  plus: Plus,
  print: Printer,
  rename: PenLine,
  restore: RotateCcw,
  search: Search,
  settings: Settings,
  share: Share2,
  'sign-out': LogOut,
  star: Star,
  'star-off': StarOff,
  tiles: LayoutGrid,
  trash: Trash2,
  undo: Undo2,
  upload: CloudUpload,
  users: Users,
  'zoom-in': ZoomIn,
  'zoom-out': ZoomOut,
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
