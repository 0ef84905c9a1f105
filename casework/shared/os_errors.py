"""What the operating system answered, in Chinese; what is not here is said in its own words."""

import errno

_ZH = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EEXIST: "已经存在",
    errno.EISDIR: "是文件夹",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.ENAMETOOLONG: "名称过长",
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "磁盘只读",
    errno.EDQUOT: "超出磁盘配额",
    errno.EMFILE: "打开的文件过多",
    errno.ELOOP: "链接成环",
    errno.EIO: "磁盘读写出错",
}


def said_zh(error: OSError) -> str:
    """Why, in Chinese where the reason is a known one."""
    return _ZH.get(error.errno or 0) or error.strerror or str(error)
