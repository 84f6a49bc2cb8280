import { describeWatchedFolder } from './watched-folder.ts';

describeWatchedFolder({ files: 2000, changes: 1500 });
