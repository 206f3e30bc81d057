"""What the clock starts."""

from procrastinate.contrib.django import app

from accounts.services import sealing


@app.periodic(cron="* * * * *")
@app.task(name="accounts.seal_audit", queueing_lock="seal_audit")
def seal_audit(timestamp: int) -> None:
    """Add what is settled of the access log and the history to the chain of seals."""
    sealing.seal_audit()
