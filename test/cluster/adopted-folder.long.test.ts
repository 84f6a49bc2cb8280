import { describeAdoptedFolder } from './adopted-folder.ts';

describeAdoptedFolder({ files: 2000 });
