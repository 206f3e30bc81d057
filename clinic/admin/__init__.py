from clinic.admin.mails_and_jobs import JobAdmin, NotificationAdmin
from clinic.files.admin.transfers import FileTransferAdmin

__all__ = ["FileTransferAdmin", "JobAdmin", "NotificationAdmin"]
