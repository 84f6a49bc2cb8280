import { describeWebdavPrograms } from './webdav-programs.ts';

describeWebdavPrograms({ copied: 500 });
