import { describeAdoptedFolder } from './adopted-folder.ts';

describeAdoptedFolder({ files: 20 });
