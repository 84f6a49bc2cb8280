import { describeWatchedFolder } from './watched-folder.ts';

describeWatchedFolder({ files: 60, changes: 60 });
