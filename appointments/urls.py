from django.urls import path

from appointments import views
from appointments.views import book, groups, home, invites, series, visits, waitlist

app_name = "appointments"
urlpatterns = [
    path("me/", home.my_visits, name="home"),
    path("me/visits/past/", home.past, name="past"),
    path("me/visits/<uuid:visit_id>/", visits.visit, name="visit"),
    path("me/visits/<uuid:visit_id>/invite.ics", invites.invite, name="invite"),
    path("me/visits/<uuid:visit_id>/move/", visits.move_visit, name="move"),
    path("me/visits/<uuid:visit_id>/cancel/", visits.cancel_visit, name="cancel"),
    path("me/visits/<uuid:visit_id>/cancel-later/", series.cancel_later, name="cancel_later"),
    path("me/visits/<uuid:visit_id>/series.ics", series.series_invite, name="series_invite"),
    path("me/book/", book.book_visit, name="book"),
    path("me/book/confirm/", book.confirm_booking, name="confirm"),
    path("me/book/group/<uuid:session_id>/", groups.join_group, name="join_group"),
    path("me/waitlist/", waitlist.join_waitlist, name="join_waitlist"),
    path("me/waitlist/<uuid:entry_id>/leave/", waitlist.leave_waitlist, name="leave_waitlist"),
    path("me/offers/<uuid:offer_id>/answer/", waitlist.answer_offer, name="answer_offer"),
    path("offer/", waitlist.offer_page, name="offer"),
    path("me/download/", views.download, name="download"),
]
