import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import javax.mail.Message;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;

/** Sends one mail with the properties that Keycloak's DefaultEmailSenderProvider sets: Keycloak FILE SUBJECT */
public class Keycloak {
    public static void main(String[] args) throws Exception {
        Map<String, String> config = new HashMap<>();
        var member = Pattern.compile("\"(\\w+)\": \"([^\"]*)\"").matcher(Files.readString(Path.of(args[0])));
        while (member.find()) {
            config.put(member.group(1), member.group(2));
        }
        Properties props = new Properties();
        props.setProperty("mail.smtp.host", config.get("host"));
        props.setProperty("mail.smtp.port", config.get("port"));
        if (config.get("auth").equals("true")) {
            props.setProperty("mail.smtp.auth", "true");
        }
        if (config.get("ssl").equals("true")) {
            props.setProperty("mail.smtp.ssl.enable", "true");
        }
        if (config.get("starttls").equals("true")) {
            props.setProperty("mail.smtp.starttls.enable", "true");
        }
        props.setProperty("mail.smtp.ssl.checkserveridentity", "true");
        props.setProperty("mail.smtp.timeout", "10000");
        props.setProperty("mail.smtp.connectiontimeout", "10000");
        props.setProperty("mail.from", config.get("from"));
        Session session = Session.getInstance(props);
        Message message = new MimeMessage(session);
        message.setFrom(new InternetAddress(config.get("from")));
        message.setSubject(args[1]);
        message.setText("Hello.");
        try (Transport transport = session.getTransport("smtp")) {
            transport.connect(config.get("user"), config.get("password"));
            transport.sendMessage(message, new InternetAddress[] {new InternetAddress("you@example.net")});
        }
    }
}
