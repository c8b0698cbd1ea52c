package templates

import "followup/models"

// Notice names a text about an appointment.
type Notice string

const (
	NoticeBooked   Notice = "booked"
	NoticeMoved    Notice = "moved"
	NoticeCanceled Notice = "canceled"
)

// AppointmentNotice is the template (Draft.Template is set) that tells the
// customer of a booking, in the locale's language, else English. brief is for texts.
func AppointmentNotice(n Notice, locale string, brief bool) models.Draft {
	texts, ok := notices[languageOf(locale)]
	if !ok {
		texts = notices["en"]
	}
	t, ok := texts[n]
	if !ok {
		t = texts[NoticeBooked]
	}
	if brief {
		return models.Draft{Body: t.brief, Template: true}
	}
	return models.Draft{Subject: t.subject, Body: t.long, Template: true}
}

type notice struct{ subject, long, brief string }

// The brief ones keep to the GSM-7 alphabet and to 160 characters with names
// of usual length: one letter outside it makes two texts of one.
var notices = map[string]map[Notice]notice{
	"en": {
		NoticeBooked: {
			subject: `Your call with {{ rep.name | default: workspace.name }}: {{ appointment.starts_at }}`,
			long: `Hi{% if prospect.first_name %} {{ prospect.first_name }}{% endif %},

Your call with {{ rep.name | default: workspace.name }} is booked:

**{{ appointment.starts_at }}**{% if appointment.minutes %} ({{ appointment.minutes }} minutes){% endif %}

{% if prospect.phone %}The call comes to {{ prospect.phone }}. {% endif %}To choose another time or number, reply to this email{% if reschedule_link %}, or [choose a time here]({{ reschedule_link }}){% endif %}.

{{ rep.name | default: workspace.name }}`,
			brief: `Hi{% if prospect.first_name %} {{ prospect.first_name }}{% endif %}, your call with {{ rep.name | default: workspace.name }} is booked for {{ appointment.short_date }} at {{ appointment.time }}. To change it, reply here.`,
		},
		NoticeMoved: {
			subject: `New time for your call with {{ rep.name | default: workspace.name }}: {{ appointment.starts_at }}`,
			long: `Hi{% if prospect.first_name %} {{ prospect.first_name }}{% endif %},

Your call with {{ rep.name | default: workspace.name }} has a new time:

**{{ appointment.starts_at }}**{% if appointment.minutes %} ({{ appointment.minutes }} minutes){% endif %}

The earlier time no longer holds. To choose another one, reply to this email{% if reschedule_link %}, or [choose it here]({{ reschedule_link }}){% endif %}.

{{ rep.name | default: workspace.name }}`,
			brief: `Hi{% if prospect.first_name %} {{ prospect.first_name }}{% endif %}, new time for your call with {{ rep.name | default: workspace.name }}: {{ appointment.short_date }} at {{ appointment.time }}. To change it, reply here.`,
		},
		NoticeCanceled: {
			subject: `Canceled: your call on {{ appointment.date }}`,
			long: `Hi{% if prospect.first_name %} {{ prospect.first_name }}{% endif %},

Your call with {{ rep.name | default: workspace.name }} on {{ appointment.starts_at }} is canceled.

To find a new time, reply to this email with the day and hour that suit you best.

{{ rep.name | default: workspace.name }}`,
			brief: `Hi{% if prospect.first_name %} {{ prospect.first_name }}{% endif %}, your call with {{ rep.name | default: workspace.name }} on {{ appointment.short_date }} at {{ appointment.time }} is canceled. For a new time, reply here.`,
		},
	},
	"de": {
		NoticeBooked: {
			subject: `Ihr Gespräch mit {{ rep.name | default: workspace.name }}: {{ appointment.starts_at }}`,
			long: `Guten Tag{% if prospect.first_name %} {{ prospect.name }}{% endif %},

Ihr Telefongespräch mit {{ rep.name | default: workspace.name }} ist vereinbart:

**{{ appointment.starts_at }}**{% if appointment.minutes %} ({{ appointment.minutes }} Minuten){% endif %}

{% if prospect.phone %}Der Anruf kommt auf {{ prospect.phone }}. {% endif %}Für eine andere Zeit oder Nummer antworten Sie bitte auf diese E-Mail{% if reschedule_link %}, oder [wählen Sie hier eine Zeit]({{ reschedule_link }}){% endif %}.

{{ rep.name | default: workspace.name }}`,
			brief: `Guten Tag{% if prospect.first_name %} {{ prospect.first_name }}{% endif %}, Ihr Gespräch mit {{ rep.name | default: workspace.name }}: {{ appointment.short_date }} um {{ appointment.time }}. Zum Ändern bitte hier antworten.`,
		},
		NoticeMoved: {
			subject: `Neue Zeit für Ihr Gespräch mit {{ rep.name | default: workspace.name }}: {{ appointment.starts_at }}`,
			long: `Guten Tag{% if prospect.first_name %} {{ prospect.name }}{% endif %},

Ihr Telefongespräch mit {{ rep.name | default: workspace.name }} hat eine neue Zeit:

**{{ appointment.starts_at }}**{% if appointment.minutes %} ({{ appointment.minutes }} Minuten){% endif %}

Die frühere Zeit gilt nicht mehr. Für eine andere antworten Sie bitte auf diese E-Mail{% if reschedule_link %}, oder [wählen Sie sie hier]({{ reschedule_link }}){% endif %}.

{{ rep.name | default: workspace.name }}`,
			brief: `Guten Tag{% if prospect.first_name %} {{ prospect.first_name }}{% endif %}, neue Zeit für Ihr Gespräch mit {{ rep.name | default: workspace.name }}: {{ appointment.short_date }} um {{ appointment.time }}. Zum Ändern hier antworten.`,
		},
		NoticeCanceled: {
			subject: `Abgesagt: Ihr Gespräch am {{ appointment.date }}`,
			long: `Guten Tag{% if prospect.first_name %} {{ prospect.name }}{% endif %},

Ihr Telefongespräch mit {{ rep.name | default: workspace.name }} am {{ appointment.starts_at }} ist abgesagt.

Für eine neue Zeit antworten Sie bitte auf diese E-Mail mit dem Tag und der Stunde, die Ihnen am besten passen.

{{ rep.name | default: workspace.name }}`,
			brief: `Guten Tag{% if prospect.first_name %} {{ prospect.first_name }}{% endif %}, Ihr Gespräch mit {{ rep.name | default: workspace.name }} am {{ appointment.short_date }} ist abgesagt. Für eine neue Zeit hier antworten.`,
		},
	},
	"fr": {
		NoticeBooked: {
			subject: `Votre appel avec {{ rep.name | default: workspace.name }} : {{ appointment.starts_at }}`,
			long: `Bonjour{% if prospect.first_name %} {{ prospect.first_name }}{% endif %},

Votre appel avec {{ rep.name | default: workspace.name }} est fixé :

**{{ appointment.starts_at }}**{% if appointment.minutes %} ({{ appointment.minutes }} minutes){% endif %}

{% if prospect.phone %}L'appel arrivera au {{ prospect.phone }}. {% endif %}Pour choisir un autre moment ou un autre numéro, répondez à ce message{% if reschedule_link %}, ou [choisissez un horaire ici]({{ reschedule_link }}){% endif %}.

{{ rep.name | default: workspace.name }}`,
			brief: `Bonjour{% if prospect.first_name %} {{ prospect.first_name }}{% endif %}, votre appel avec {{ rep.name | default: workspace.name }} est fixé : {{ appointment.short_date }} à {{ appointment.time }}. Pour changer, répondez ici.`,
		},
		NoticeMoved: {
			subject: `Nouvel horaire de votre appel avec {{ rep.name | default: workspace.name }} : {{ appointment.starts_at }}`,
			long: `Bonjour{% if prospect.first_name %} {{ prospect.first_name }}{% endif %},

Votre appel avec {{ rep.name | default: workspace.name }} a un nouvel horaire :

**{{ appointment.starts_at }}**{% if appointment.minutes %} ({{ appointment.minutes }} minutes){% endif %}

L'horaire précédent ne tient plus. Pour en choisir un autre, répondez à ce message{% if reschedule_link %}, ou [choisissez-le ici]({{ reschedule_link }}){% endif %}.

{{ rep.name | default: workspace.name }}`,
			brief: `Bonjour{% if prospect.first_name %} {{ prospect.first_name }}{% endif %}, nouvel horaire de votre appel avec {{ rep.name | default: workspace.name }} : {{ appointment.short_date }} à {{ appointment.time }}. Pour changer, répondez ici.`,
		},
		NoticeCanceled: {
			subject: `Annulé : votre appel du {{ appointment.date }}`,
			long: `Bonjour{% if prospect.first_name %} {{ prospect.first_name }}{% endif %},

Votre appel avec {{ rep.name | default: workspace.name }}, {{ appointment.starts_at }}, est annulé.

Pour un nouvel horaire, répondez à ce message avec le jour et l'heure qui vous conviennent le mieux.

{{ rep.name | default: workspace.name }}`,
			brief: `Bonjour{% if prospect.first_name %} {{ prospect.first_name }}{% endif %}, votre appel avec {{ rep.name | default: workspace.name }}, {{ appointment.short_date }}, est annulé. Pour un nouvel horaire, répondez ici.`,
		},
	},
	"es": {
		NoticeBooked: {
			subject: `Su llamada con {{ rep.name | default: workspace.name }}: {{ appointment.starts_at }}`,
			long: `Hola{% if prospect.first_name %}, {{ prospect.first_name }}{% endif %}:

Su llamada con {{ rep.name | default: workspace.name }} queda reservada:

**{{ appointment.starts_at }}**{% if appointment.minutes %} ({{ appointment.minutes }} minutos){% endif %}

{% if prospect.phone %}La llamada llegará al {{ prospect.phone }}. {% endif %}Para elegir otra hora u otro número, responda a este correo{% if reschedule_link %} o [elija una hora aquí]({{ reschedule_link }}){% endif %}.

{{ rep.name | default: workspace.name }}`,
			brief: `Hola{% if prospect.first_name %}, {{ prospect.first_name }}{% endif %}: su llamada con {{ rep.name | default: workspace.name }} queda para el {{ appointment.short_date }} a las {{ appointment.time }}. Para cambiarla, responda.`,
		},
		NoticeMoved: {
			subject: `Nueva hora para su llamada con {{ rep.name | default: workspace.name }}: {{ appointment.starts_at }}`,
			long: `Hola{% if prospect.first_name %}, {{ prospect.first_name }}{% endif %}:

Su llamada con {{ rep.name | default: workspace.name }} tiene nueva hora:

**{{ appointment.starts_at }}**{% if appointment.minutes %} ({{ appointment.minutes }} minutos){% endif %}

La hora anterior ya no vale. Para elegir otra, responda a este correo{% if reschedule_link %} o [elíjala aquí]({{ reschedule_link }}){% endif %}.

{{ rep.name | default: workspace.name }}`,
			brief: `Hola{% if prospect.first_name %}, {{ prospect.first_name }}{% endif %}: nueva hora de su llamada con {{ rep.name | default: workspace.name }}: {{ appointment.short_date }} a las {{ appointment.time }}. Para cambiarla, responda.`,
		},
		NoticeCanceled: {
			subject: `Anulada: su llamada del {{ appointment.date }}`,
			long: `Hola{% if prospect.first_name %}, {{ prospect.first_name }}{% endif %}:

Su llamada con {{ rep.name | default: workspace.name }} del {{ appointment.starts_at }} queda anulada.

Para buscar otra hora, responda a este correo con el día y la hora que mejor le vengan.

{{ rep.name | default: workspace.name }}`,
			brief: `Hola{% if prospect.first_name %}, {{ prospect.first_name }}{% endif %}: su llamada con {{ rep.name | default: workspace.name }} del {{ appointment.short_date }} queda anulada. Para otra hora, responda.`,
		},
	},
}
