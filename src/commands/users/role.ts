import { Option } from 'commander';
import { USER_ROLES } from '../../entities/index.ts';

/** What the account may do, on a database that keeps roles; `--admin` is short for one of them. */
export function roleOption(): Option {
  return new Option('--role <role>', 'its role, where the WebMACS server keeps roles; viewer where left out')
    .choices([...USER_ROLES])
    .conflicts('admin');
}
