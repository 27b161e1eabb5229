import { Option } from 'commander';
import { USER_ROLES } from '../../entities/index.ts';

/** Returns the option for the role, on a database that has roles; `--admin` is short for one of them. */
export function roleOption(): Option {
  return new Option('--role <role>', 'role, if the WebMACS server has roles; default viewer')
    .choices([...USER_ROLES])
    .conflicts('admin');
}
